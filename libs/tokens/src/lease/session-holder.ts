import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import {
  SessionHolderAnnouncement,
  SessionHolderAnnouncementAnswer,
  SessionInvalidation,
  SessionInvalidationAnswer,
} from '@plexus/contracts/streams/session-lease';
import type { Clock, Observability, Random } from '@plexus/observability';
import type { StreamConnection } from '@plexus/streams';
import { HolderTrust, type Trust } from './holder-trust.ts';
import { announceSubject, invalidateSubject } from './subjects.ts';
import { subscribe } from './subscribe.ts';
import { ANNOUNCE_INTERVAL_MS } from './timing.ts';

export interface SessionHolderOptions {
  readonly streams: StreamConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly observability: Observability;
  /** Forgets these sessions, before it returns. */
  readonly forget: (ended: SessionInvalidation) => void;
}

/** One process that keeps sessions in memory, as userapi sees it: docs/decisions/session-leases.md. */
export class SessionHolder {
  readonly #id: string;
  readonly #options: SessionHolderOptions;
  readonly #trust = new HolderTrust();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  #nats: NatsConnection | undefined;
  #invalidations: Subscription | undefined;
  #connections = 0;

  constructor(options: SessionHolderOptions) {
    this.#options = options;
    this.#id = options.random.bytes(12).toString('base64url');
    this.#stopListening = options.streams.onConnect(() => this.#connected());
    this.#timer = setInterval(() => void this.#announce(), ANNOUNCE_INTERVAL_MS);
    this.#timer.unref();
    if (options.streams.isConnected()) this.#connected();
  }

  trust(): Trust {
    return this.#trust.at(this.#options.clock.monotonic());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#invalidations?.unsubscribe();
    this.#trust.disconnected();
    if (this.#nats === undefined || !this.#options.streams.isConnected()) return;
    this.#nats.publish(announceSubject(this.#options.streams), announcement(this.#id, true));
  }

  /** What was said while the connection was away is unknown, so what is held is forgotten before the next announcement. */
  #connected(): void {
    const { nats } = this.#options.streams;
    if (nats === undefined) return;
    this.#connections++;
    this.#trust.disconnected();
    this.#options.forget({ userId: '', deviceIds: [] });
    if (nats !== this.#nats) {
      this.#invalidations?.unsubscribe();
      this.#nats = nats;
      this.#invalidations = this.#listenForInvalidations(nats);
    }
    void this.#announce();
  }

  #listenForInvalidations(nats: NatsConnection): Subscription {
    const answer = SessionInvalidationAnswer.encode({ holderId: this.#id }).finish();
    return subscribe(nats, invalidateSubject(this.#options.streams), this.#options.observability.log, (message) => {
      this.#options.forget(SessionInvalidation.decode(message.data));
      message.respond(answer);
    });
  }

  /** The answers of all userapis go to an inbox of this one announcement, so that each counts from the time it was sent. */
  async #announce(): Promise<void> {
    const { streams, clock, observability } = this.#options;
    const nats = this.#nats;
    if (nats === undefined || !streams.isConnected()) return;
    const sentAt = clock.monotonic();
    const connection = this.#connections;
    const inbox = `_INBOX.session.${this.#id}.${Math.round(sentAt * 1000)}`;
    const answers = subscribe(nats, inbox, observability.log, (message) => {
      const { replicaId, leaving } = SessionHolderAnnouncementAnswer.decode(message.data);
      if (leaving) this.#trust.left(replicaId);
      else this.#trust.answeredBy(replicaId, sentAt);
    });
    setTimeout(() => answers.unsubscribe(), ANNOUNCE_INTERVAL_MS * 2).unref();
    try {
      nats.publish(announceSubject(streams), announcement(this.#id, false), { reply: inbox });
      await nats.flush();
      if (connection === this.#connections) this.#trust.reachedNats(sentAt);
    } catch (error) {
      observability.log.debug({ error }, 'session lease not announced');
    }
  }
}

function announcement(holderId: string, leaving: boolean): Uint8Array {
  return SessionHolderAnnouncement.encode({ holderId, leaving }).finish();
}
