import type { Clock } from '@plexus/observability';
import { type BroadcastStream, publishBroadcast, type StreamConnection, subscribeBroadcast } from '@plexus/streams';

/** A bridge that works makes many requests a second; one of them is told. */
const AGAIN_MS = 1_000;

/**
 * Any process that takes requests tells the appservice service whose they are. It is in no topology, since no service produces it: the
 * HTTP side of every process does.
 */
const signs: BroadcastStream<string> = {
  kind: 'broadcast',
  name: 'APPSERVICE_SIGNS_OF_LIFE',
  subject: 'plexus.broadcast.appservice_signs_of_life',
  maxAgeMs: 0,
  maxBytes: 0,
  producer: 'http',
  consumers: ['appservice'],
  encode: (appserviceId) => new TextEncoder().encode(appserviceId),
  decode: (payload) => new TextDecoder('utf-8', { fatal: true }).decode(payload),
};

/** Tells that application services live, by their requests. */
export class SignsOfLife {
  readonly #streams: StreamConnection;
  readonly #clock: Clock;
  /** No more than there are registrations. */
  readonly #toldAt = new Map<string, number>();

  constructor(streams: StreamConnection, clock: Clock) {
    this.#streams = streams;
    this.#clock = clock;
  }

  /** Called for every request: costs a look into a map. While NATS is away nothing is told, and the next try comes in its time. */
  seen(appserviceId: string): void {
    const now = this.#clock.monotonic();
    if (now - (this.#toldAt.get(appserviceId) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    this.#toldAt.set(appserviceId, now);
    publishBroadcast(this.#streams, signs, appserviceId);
  }
}

/** @returns a function that ends it. */
export function subscribeSignsOfLife(streams: StreamConnection, alive: (appserviceId: string) => void): () => void {
  return subscribeBroadcast(streams, signs, alive);
}
