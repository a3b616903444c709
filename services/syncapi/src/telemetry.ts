import { counter, fromZero, gauge, histogram, type Observability, syncapiMetrics } from '@plexus/observability';

export const spanNames = {
  /** A long poll that something woke, with links to the traces of what woke it. */
  deliver: 'work syncapi deliver',
  coldSync: 'work syncapi sync from the index',
  page: 'work syncapi page',
} as const;

/** How a sync was answered. */
export type SyncKind = 'initial' | 'cold' | 'live' | 'empty';

export interface SyncMetrics {
  wakeUp(): void;
  /** Seconds of work, without the waiting of a long poll. */
  answered(kind: SyncKind, seconds: number): void;
  /** An event of this server is in the index, so many seconds after it was made. */
  delivered(seconds: number): void;
  receipts(outcome: 'accepted' | 'unknown_event', count: number): void;
}

/** A clock that jumps, or a log that is read anew, tells nothing of delivery. */
const MAX_DELIVERY_SECONDS = 600;

export interface MeasuredState {
  waiters(): number;
  eventBytes(): number;
  cacheBytes(): number;
  liveUsers(): number;
}

export function syncMetrics(observability: Observability, state: MeasuredState): SyncMetrics {
  gauge(observability, syncapiMetrics.waiters, (own) => own.set(state.waiters()));
  gauge(observability, syncapiMetrics.liveUsers, (own) => own.set(state.liveUsers()));
  gauge(observability, syncapiMetrics.memoryBytes, (own) => {
    own.set({ part: 'window' }, state.eventBytes());
    own.set({ part: 'event_cache' }, state.cacheBytes());
  });
  const wakeUps = counter(observability, syncapiMetrics.wakeUps);
  const seconds = histogram(observability, syncapiMetrics.syncSeconds);
  const receipts = fromZero(
    counter(observability, syncapiMetrics.receipts),
    { outcome: 'accepted' },
    { outcome: 'unknown_event' },
  );
  const byKind = {
    initial: seconds.labels('initial'),
    cold: seconds.labels('cold'),
    live: seconds.labels('live'),
    empty: seconds.labels('empty'),
  };
  const delivery = histogram(observability, syncapiMetrics.deliverySeconds);
  return {
    delivered: (age) => {
      if (age >= 0 && age < MAX_DELIVERY_SECONDS) delivery.observe(age);
    },
    wakeUp: () => wakeUps.inc(),
    answered: (kind, duration) => byKind[kind].observe(duration),
    receipts: (outcome, count) => receipts.inc({ outcome }, count),
  };
}
