import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { EventId, RoomId } from '@plexus/matrix';
import { outsideOfTrace, spanKinds, withSpan } from '@plexus/observability';
import type { Database, Queryable } from '@plexus/postgres';
import type { CommitOutcome, Committer } from '../committer/committer.ts';
import type { RoomCommit } from '../committer/room-commit.ts';
import type { EventCommand } from '../domain/event-command.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { RoomserverMetrics } from '../metrics.ts';
import { lockHead } from '../storage/room-heads.ts';
import type { BuildSlices } from './build-slices.ts';
import { type Draft, newDraft, type StageContext, type StageResult } from './draft.ts';
import type { LiveRoom } from './live-room.ts';
import { loadRoom } from './load-room.ts';
import { runStages } from './stages.ts';

/** What a command comes to. */
export type Answer =
  | { readonly kind: 'sent'; readonly eventId: EventId }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface RoomActorOptions {
  readonly database: Database;
  readonly committer: Committer;
  readonly stages: StageContext;
  readonly metrics: RoomserverMetrics;
  /** Work that holds a connection while it asks for others; one at a time, so that it cannot empty the pool. */
  readonly oneAtATime: <T>(work: () => Promise<T>) => Promise<T>;
  /** Shared by the rooms of the process. */
  readonly slices: BuildSlices;
}

/** Work that builds commits of its own has the room alone: nothing is in flight, and no command runs meanwhile. */
export interface RoomTurn {
  /**
   * Builds on the room as it is (undefined: there is none) and commits; when another process was faster, it is built again. Without a commit
   * the room in memory is dropped, since building may have changed it.
   */
  commit<Value>(build: Build<Value>): Promise<Value>;
}

export type Build<Value> = (room: LiveRoom | undefined, isRetry: boolean) => Promise<Built<Value>>;

export interface Built<Value> {
  readonly commit: RoomCommit | undefined;
  readonly value: Value;
}

interface Work {
  readonly sequence: number;
  readonly run: () => Promise<void>;
}

interface Pending {
  readonly command: EventCommand;
  readonly sequence: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  /** Event numbers of tries whose outcome nobody knows. */
  readonly triedBefore: number[];
  attempts: number;
}

/** State in memory beyond this is let go: a room that tens of thousands of members have written to. */
const MAX_ROOM_BYTES = 8 * 1024 * 1024;
/** After so many lost races with other processes a command takes the lock of the room's head before it is built. */
const ATTEMPTS_BEFORE_LOCK = 3;

/**
 * Carries out the commands of one room in order, each built on the last without waiting for its commit. A room whose commit is refused
 * is loaded anew and the commands are built again; answers that commit nothing are held against the head too, so that no refusal comes
 * from a state that another process has changed.
 */
export class RoomActor {
  readonly roomId: RoomId;
  readonly #options: RoomActorOptions;
  readonly #queue: (Pending | Work)[] = [];
  #whenQuiet: (() => void) | undefined;
  #live: LiveRoom | undefined;
  #sequence = 0;
  #inFlight = 0;
  #running = false;
  readonly #onIdle: (actor: RoomActor) => void;

  constructor(roomId: RoomId, options: RoomActorOptions, onIdle: (actor: RoomActor) => void) {
    this.roomId = roomId;
    this.#options = options;
    this.#onIdle = onIdle;
  }

  /** Memory of the room, roughly. */
  get bytes(): number {
    return this.#live?.bytes ?? 500;
  }

  get isIdle(): boolean {
    return !this.#running && this.#inFlight === 0 && this.#queue.length === 0;
  }

  /** @throws DatabaseError when the database does not answer. */
  send(command: EventCommand): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, sequence: this.#sequence++, resolve, reject, triedBefore: [], attempts: 0 });
      this.#wake();
    });
  }

  /** Work that takes its turn among the commands. @throws DatabaseError when the database does not answer. */
  take<Value>(work: (turn: RoomTurn) => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const turn: RoomTurn = { commit: (build) => this.#commitBuilt(build) };
      const run = () => work(turn).then(resolve, (error: unknown) => this.#fail(reject, error));
      this.#queue.push({ sequence: this.#sequence++, run });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    // The loop serves others too after the command that woke it.
    void outsideOfTrace(() => this.#run());
  }

  async #run(): Promise<void> {
    for (let pending = this.#queue.shift(); pending !== undefined; pending = this.#queue.shift()) {
      if ('run' in pending) {
        await this.#quiet();
        await pending.run();
        continue;
      }
      const pause = this.#options.slices.pause();
      if (pause !== undefined) await pause;
      try {
        await (pending.attempts < ATTEMPTS_BEFORE_LOCK ? this.#process(pending) : this.#processLocked(pending));
      } catch (error) {
        this.#fail(pending.reject, error);
      }
    }
    this.#running = false;
    if (this.isIdle) this.#onIdle(this);
  }

  #fail(reject: (error: Error) => void, error: unknown): void {
    this.#live = undefined;
    reject(errorOf(error));
  }

  /** Resolves when no commit of this room is in flight. */
  async #quiet(): Promise<void> {
    if (this.#inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenQuiet = resolve;
    await promise;
  }

  #landed(): void {
    this.#inFlight--;
    if (this.#inFlight > 0) return;
    this.#whenQuiet?.();
    this.#whenQuiet = undefined;
  }

  async #commitBuilt<Value>(build: Build<Value>): Promise<Value> {
    for (let attempt = 0; ; attempt++) {
      if (attempt >= ATTEMPTS_BEFORE_LOCK) return this.#commitBuiltLocked(build);
      const room = await this.#load();
      const { commit, value } = await build(room, attempt > 0);
      if (commit === undefined) {
        this.#live = undefined;
        return value;
      }
      const outcome = await this.#options.committer.commit(commit);
      if (outcome.kind !== 'committed' || room === undefined) this.#live = undefined;
      if (outcome.kind === 'committed') return value;
      if (outcome.kind === 'failed') throw errorOf(outcome.error);
      this.#options.metrics.retries.inc({ reason: outcome.kind });
    }
  }

  async #process(pending: Pending): Promise<void> {
    const room = await this.#load();
    if (room === undefined || room.tip.extremities.length === 0) {
      pending.resolve({ kind: 'refused', refusal: { kind: 'unknown_room' } });
      return;
    }
    const draft = this.#draft(pending, room);
    const result = await this.#runStages(draft, this.#options.stages);
    if (this.#live !== room) {
      // A commit that this was built on failed meanwhile.
      this.#again(pending, 'overtaken');
      return;
    }
    this.#inFlight++;
    this.#options.committer.submit(draft.commit ?? confirmation(room), (outcome) => {
      this.#settle(pending, room, draft, result, outcome);
      this.#landed();
      if (this.isIdle) this.#onIdle(this);
    });
  }

  async #load(): Promise<LiveRoom | undefined> {
    if (this.#inFlight === 0 && (this.#live?.bytes ?? 0) > MAX_ROOM_BYTES) this.#live = undefined;
    this.#live ??= await this.#loadFrom(this.#options.database);
    return this.#live;
  }

  async #loadFrom(queryable: Queryable): Promise<LiveRoom | undefined> {
    const room = await loadRoom(queryable, this.roomId);
    if (room !== undefined)
      room.tip = { ...room.tip, snapshot: await this.#options.stages.stateStore.current(room.tip.snapshot) };
    return room;
  }

  #draft(pending: Pending, room: LiveRoom): Draft {
    const { command, triedBefore } = pending;
    return newDraft({ room, roomId: this.roomId, command, triedBefore, isRetry: pending.attempts > 0 });
  }

  #runStages(draft: Draft, context: StageContext): Promise<StageResult> {
    return withSpan(`${spanKinds.work} build event`, {}, () => runStages(draft, context), {
      parent: draft.command.traceparent,
    });
  }

  #settle(pending: Pending, room: LiveRoom, draft: Draft, result: StageResult, outcome: CommitOutcome): void {
    if (outcome.kind === 'committed') {
      pending.resolve(answerOf(draft, result));
      return;
    }
    if (this.#live === room) this.#live = undefined;
    switch (outcome.kind) {
      case 'stale':
      case 'transaction_seen':
        this.#again(pending, outcome.kind);
        return;
      case 'unknown':
        if (draft.event !== undefined) pending.triedBefore.push(draft.event);
        this.#again(pending, outcome.kind);
        return;
      case 'alias_taken':
      case 'room_exists':
        pending.reject(new Error(`an event ended as a new room does: ${outcome.kind}`));
        return;
      case 'failed':
        pending.reject(errorOf(outcome.error));
    }
  }

  /** Back into the queue, at the place that the order of the callers gives it. */
  #again(pending: Pending, reason: string): void {
    this.#options.metrics.retries.inc({ reason });
    pending.attempts++;
    const place = this.#queue.findIndex(({ sequence }) => sequence > pending.sequence);
    this.#queue.splice(place < 0 ? this.#queue.length : place, 0, pending);
    this.#wake();
  }

  /** Holds the head's lock from the reading to the commit, so that the command cannot lose another race. */
  async #processLocked(pending: Pending): Promise<void> {
    const { committer, oneAtATime } = this.#options;
    const done = await oneAtATime(() => this.#commitLocked(pending));
    this.#live = undefined;
    if (done !== undefined && done.entries.length > 0) committer.published(done.entries);
    pending.resolve(done?.answer ?? { kind: 'refused', refusal: { kind: 'unknown_room' } });
  }

  async #commitBuiltLocked<Value>(build: Build<Value>): Promise<Value> {
    const { committer, oneAtATime, database } = this.#options;
    this.#live = undefined;
    const { value, entries } = await oneAtATime(() =>
      database.transaction(async (transaction) => {
        await transaction.query(lockHead, [this.roomId]);
        const built = await build(await this.#loadFrom(transaction), true);
        if (built.commit === undefined) return { value: built.value, entries: [] };
        const committed = await committer.commitInside(transaction, built.commit);
        if (committed.outcome.kind !== 'committed')
          throw new Error(`a commit under the lock of its head was refused: ${committed.outcome.kind}`);
        return { value: built.value, entries: committed.entries };
      }),
    );
    if (entries.length > 0) committer.published(entries);
    return value;
  }

  #commitLocked(pending: Pending): Promise<{ answer: Answer; entries: RoomLogEntry[] } | undefined> {
    const { database, committer, stages } = this.#options;
    return database.transaction(async (transaction) => {
      await transaction.query(lockHead, [this.roomId]);
      const room = await this.#loadFrom(transaction);
      if (room === undefined || room.tip.extremities.length === 0) return undefined;
      const draft = this.#draft(pending, room);
      const result = await this.#runStages(draft, { ...stages, queryable: transaction });
      if (draft.commit === undefined) return { answer: answerOf(draft, result), entries: [] };
      const { outcome, entries } = await committer.commitInside(transaction, draft.commit);
      if (outcome.kind !== 'committed')
        throw new Error(`a commit under the lock of its head was refused: ${outcome.kind}`);
      return { answer: answerOf(draft, result), entries };
    });
  }
}

/** A commit of nothing: it succeeds when the head is as the room in memory has it, after all that was built before. */
function confirmation({ room, tip }: LiveRoom): RoomCommit {
  return {
    room,
    expected: tip.version,
    head: { ...tip, extremities: tip.extremities.map(({ event }) => event) },
    created: undefined,
    events: [],
    stateWrites: [],
    state: [],
    memberships: [],
    redactions: [],
    log: [],
  };
}

function answerOf(draft: Draft, result: StageResult): Answer {
  if (result?.kind === 'refused') return result;
  const eventId = result?.kind === 'known' ? result.eventId : draft.built?.eventId;
  if (eventId === undefined) throw new Error('a command came to no event');
  return { kind: 'sent', eventId };
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
