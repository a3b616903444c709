import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import {
  SessionHolderAnnouncement,
  SessionHolderAnnouncementAnswer,
  SessionInvalidation,
  SessionInvalidationAnswer,
} from '@plexus/contracts/streams/session-lease';
import {
  type Clock,
  histogram,
  type Logger,
  type Observability,
  type Random,
  sessionMetrics,
} from '@plexus/observability';
import type { StreamConnection } from '@plexus/streams';
import { HolderRegistry } from './holder-registry.ts';
import { announceSubject, invalidateSubject } from './subjects.ts';
import { subscribe } from './subscribe.ts';
import { LEASE_MS, REPEAT_INTERVAL_MS } from './timing.ts';

export interface SessionInvalidatorOptions {
  readonly streams: StreamConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly observability: Observability;
}

/** userapi's side of the session leases: docs/decisions/session-leases.md. */
export class SessionInvalidator {
  readonly #id: string;
  readonly #options: SessionInvalidatorOptions;
  readonly #holders = new HolderRegistry<Msg>();
  readonly #stopListening: () => void;
  readonly #waited;
  #nats: NatsConnection | undefined;
  #announcements: Subscription | undefined;
  #stopped = false;

  constructor(options: SessionInvalidatorOptions) {
    this.#id = options.random.bytes(12).toString('base64url');
    this.#options = options;
    this.#waited = histogram(options.observability, sessionMetrics.invalidationSeconds);
    this.#stopListening = options.streams.onConnect(() => void this.#connected());
    if (options.streams.isConnected()) void this.#connected();
  }

  /**
   * Resolves when no process accepts the tokens of these sessions any more. Called after their end is committed. Never fails: whoever
   * cannot be told stops believing what it holds.
   */
  async invalidate(ended: SessionInvalidation): Promise<void> {
    const { clock } = this.#options;
    const sentAt = clock.monotonic();
    const answers = new AnswersOfHolders(this.#open(), this.#inbox(), this.#options.observability.log);
    const payload = SessionInvalidation.encode(ended).finish();
    let reachedNats = false;
    const waitUntil = (): number => {
      const heardUntil = this.#holders.waitUntil(sentAt, answers.holders);
      return reachedNats ? heardUntil : Math.max(heardUntil, sentAt + LEASE_MS);
    };
    try {
      do {
        reachedNats = (await this.#send(payload, answers.inbox)) || reachedNats;
        const repeatAt = clock.monotonic() + REPEAT_INTERVAL_MS;
        for (let now = clock.monotonic(); now < Math.min(repeatAt, waitUntil()); now = clock.monotonic())
          await answers.next(Math.min(repeatAt, waitUntil()) - now);
      } while (clock.monotonic() < waitUntil());
    } finally {
      answers.close();
      this.#waited.observe((clock.monotonic() - sentAt) / 1000);
    }
  }

  /** Says goodbye, so that no holder waits for this replica's answers. */
  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#announcements?.unsubscribe();
    if (this.#nats === undefined || !this.#options.streams.isConnected()) return;
    const farewell = answer(this.#id, true);
    for (const announcement of this.#holders.contacts()) announcement.respond(farewell);
  }

  /** After a time without connection holders may have missed an invalidation, and announcements may have been missed. */
  async #connected(): Promise<void> {
    const { streams, clock, observability } = this.#options;
    const { nats } = streams;
    if (nats === undefined || this.#stopped) return;
    if (nats !== this.#nats) {
      this.#announcements?.unsubscribe();
      this.#nats = nats;
      this.#announcements = this.#listenForAnnouncements(nats);
    }
    this.#holders.listening(clock.monotonic());
    nats.publish(invalidateSubject(streams), SessionInvalidation.encode({ userId: '', deviceIds: [] }).finish());
    await nats.flush().catch((error: unknown) => {
      observability.log.debug({ error }, 'connection lost again');
    });
  }

  #listenForAnnouncements(nats: NatsConnection): Subscription {
    const { clock, observability } = this.#options;
    const here = answer(this.#id, false);
    return subscribe(nats, announceSubject(this.#options.streams), observability.log, (message) => {
      const { holderId, leaving } = SessionHolderAnnouncement.decode(message.data);
      if (leaving) this.#holders.left(holderId);
      else this.#holders.heard(holderId, clock.monotonic(), message);
      message.respond(here);
    });
  }

  /** A connection that its client gave up takes no subscription any more. */
  #open(): NatsConnection | undefined {
    return this.#nats?.isClosed() === true ? undefined : this.#nats;
  }

  #inbox(): string {
    return `_INBOX.session.${this.#id}.${this.#options.random.bytes(12).toString('base64url')}`;
  }

  /**
   * True when it reached the message server. The flush brings in every announcement that the server had taken before: whoever may hold the
   * sessions is known afterwards.
   */
  async #send(payload: Uint8Array, inbox: string): Promise<boolean> {
    const { streams, observability } = this.#options;
    if (this.#nats === undefined || !streams.isConnected()) return false;
    try {
      this.#nats.publish(invalidateSubject(streams), payload, { reply: inbox });
      return await within(REPEAT_INTERVAL_MS, this.#nats.flush());
    } catch (error) {
      observability.log.debug({ error }, 'session invalidation not sent');
      return false;
    }
  }
}

/** Who has answered one invalidation. */
class AnswersOfHolders {
  readonly holders = new Set<string>();
  readonly inbox: string;
  readonly #subscription: Subscription | undefined;
  #wake: () => void = () => undefined;

  constructor(nats: NatsConnection | undefined, inbox: string, log: Logger) {
    this.inbox = inbox;
    this.#subscription =
      nats &&
      subscribe(nats, inbox, log, (message) => {
        this.holders.add(SessionInvalidationAnswer.decode(message.data).holderId);
        this.#wake();
      });
  }

  /** Resolves at the next answer, or after so many milliseconds. */
  next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}

/** True when the work was done in time. A flush waits for ever when the connection goes away under it. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = await Promise.race([work.then(() => true), deadline]);
  clearTimeout(timer);
  return done;
}

function answer(replicaId: string, leaving: boolean): Uint8Array {
  return SessionHolderAnnouncementAnswer.encode({ replicaId, leaving }).finish();
}
