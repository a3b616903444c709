import { EphemeralStoreError } from '@plexus/cache';
import {
  type Clock,
  counter,
  currentTraceparent,
  gauge,
  type Observability,
  outsideOfTrace,
  typingMetrics,
} from '@plexus/observability';
import { publishBroadcast, type StreamConnection, typing } from '@plexus/streams';
import { ExpiryWheel, SLOT_MS } from '../domain/expiry-wheel.ts';
import type { TypingSets } from '../storage/typing-sets.ts';

export interface TypingBroadcastOptions {
  readonly sets: TypingSets;
  readonly streams: StreamConnection;
  readonly clock: Clock;
  readonly observability: Observability;
}

/** A room that another replica may have had is looked at this often until nobody types there. */
const RECHECK_MS = 1000;

/** How often rooms are looked for that no living replica watches. */
const SEARCH_MS = 10_000;

/** The store's clock starts a member's time before its answer comes in; so late the member is surely gone. */
const EXPIRY_SLACK_MS = 10;

/**
 * Broadcasts the whole set of who types in a room after every change, also when the change is that somebody's time ran out. The set and its
 * version are read together from the store, so replicas cannot disagree; whoever hears two keeps the later version.
 */
export class TypingBroadcast {
  readonly #options: TypingBroadcastOptions;
  readonly #wheel = new ExpiryWheel();
  /** Rooms in which somebody types, with the version that this replica sent last. */
  readonly #sent = new Map<string, number>();
  readonly #failures;
  /** Until when each room is in the wheel. */
  readonly #watchedUntil = new Map<string, number>();
  #turning: NodeJS.Timeout | undefined;
  readonly #searching: NodeJS.Timeout;

  constructor(options: TypingBroadcastOptions) {
    this.#options = options;
    this.#failures = counter(options.observability, typingMetrics.storeFailures);
    gauge(options.observability, typingMetrics.rooms, (rooms) => rooms.set(this.#sent.size));
    this.#searching = setInterval(() => void this.#search(), SEARCH_MS).unref();
    void outsideOfTrace(() => this.#search());
  }

  /** After a request changed a set: broadcasts it unless this version has been sent, and again when the time runs out. */
  async changed(roomId: string, version: number, expiresInMs: number | undefined): Promise<void> {
    if (expiresInMs !== undefined) this.#lookAgain(roomId, expiresInMs + EXPIRY_SLACK_MS);
    if (this.#sent.get(roomId) !== version) await this.#broadcast(roomId);
  }

  /** The store did not answer: what somebody types is forgotten. */
  forgotten(error: unknown): void {
    if (!(error instanceof EphemeralStoreError)) throw error;
    this.#failures.inc();
  }

  stop(): void {
    clearInterval(this.#turning);
    clearInterval(this.#searching);
  }

  #lookAgain(roomId: string, inMs: number): void {
    const dueAt = this.#options.clock.monotonic() + inMs;
    this.#watchedUntil.set(roomId, Math.max(dueAt, this.#watchedUntil.get(roomId) ?? dueAt));
    this.#wheel.add(roomId, dueAt);
    this.#turning ??= outsideOfTrace(() => setInterval(() => this.#turn(), SLOT_MS).unref());
  }

  #turn(): void {
    for (const roomId of this.#wheel.turn(this.#options.clock.monotonic())) void this.#refresh(roomId);
    if (!this.#wheel.isEmpty) return;
    clearInterval(this.#turning);
    this.#turning = undefined;
  }

  /** Who types on after the last time that is known here was told to another replica. */
  async #refresh(roomId: string): Promise<void> {
    try {
      const somebodyTypes = await this.#broadcast(roomId);
      const isWatched = (this.#watchedUntil.get(roomId) ?? 0) > this.#options.clock.monotonic();
      if (somebodyTypes) {
        if (!isWatched) this.#lookAgain(roomId, RECHECK_MS);
        return;
      }
      this.#watchedUntil.delete(roomId);
      await this.#options.sets.unlist(roomId);
    } catch (error) {
      this.forgotten(error);
      this.#lookAgain(roomId, RECHECK_MS);
    }
  }

  /** True when somebody types. */
  async #broadcast(roomId: string): Promise<boolean> {
    const { sets, streams } = this.#options;
    const { userIds, version } = await sets.read(roomId);
    const before = this.#sent.get(roomId);
    const somebodyTypes = userIds.length > 0;
    if (before === version) return somebodyTypes;
    const message = { roomId, userIds, version, traceparent: currentTraceparent() };
    const wasSent = publishBroadcast(streams, typing, message);
    if (!somebodyTypes) this.#sent.delete(roomId);
    else if (wasSent) this.#sent.set(roomId, Math.max(version, before ?? version));
    return somebodyTypes;
  }

  /** Rooms that nobody here has heard of are watched until they are quiet: their replica may be gone, and its timers with it. */
  async #search(): Promise<void> {
    try {
      for (const roomId of await this.#options.sets.rooms())
        if (!this.#watchedUntil.has(roomId)) this.#lookAgain(roomId, 0);
    } catch (error) {
      this.forgotten(error);
    }
  }
}
