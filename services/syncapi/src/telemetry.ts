import { counter, gauge, histogram, type Observability } from '@plexus/observability';

/** Names of this service's metrics. */
export const metricNames = {
  waiters: 'plexus_syncapi_waiters',
  wakeUps: 'plexus_syncapi_wake_ups_total',
  syncSeconds: 'plexus_syncapi_sync_seconds',
  memoryBytes: 'plexus_syncapi_memory_bytes',
  liveUsers: 'plexus_syncapi_live_users',
  indexLag: 'plexus_syncapi_index_lag_entries',
  receipts: 'plexus_syncapi_receipts_total',
} as const;

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
  receipts(outcome: 'accepted' | 'unknown_event', count: number): void;
}

export interface MeasuredState {
  waiters(): number;
  eventBytes(): number;
  cacheBytes(): number;
  liveUsers(): number;
  lag(): { room: number; user: number; receipt: number };
}

export function syncMetrics(observability: Observability, state: MeasuredState): SyncMetrics {
  gauge(observability, metricNames.waiters, 'Syncs that wait for something to happen', [], (own) =>
    own.set(state.waiters()),
  );
  gauge(observability, metricNames.liveUsers, 'Users whose memberships are in memory', [], (own) =>
    own.set(state.liveUsers()),
  );
  gauge(observability, metricNames.memoryBytes, 'Events and receipts in memory', ['part'], (own) => {
    own.set({ part: 'window' }, state.eventBytes());
    own.set({ part: 'event_cache' }, state.cacheBytes());
  });
  gauge(observability, metricNames.indexLag, 'Entries of a log that are not applied yet', ['log'], (own) => {
    const { room, user, receipt } = state.lag();
    own.set({ log: 'room' }, room);
    own.set({ log: 'user' }, user);
    own.set({ log: 'receipt' }, receipt);
  });
  const wakeUps = counter(observability, metricNames.wakeUps, 'Waiting syncs that were woken');
  const seconds = histogram(observability, metricNames.syncSeconds, 'Work of a sync without its waiting', ['kind']);
  const receipts = counter(observability, metricNames.receipts, 'Receipts that were set', ['outcome']);
  const byKind = {
    initial: seconds.labels('initial'),
    cold: seconds.labels('cold'),
    live: seconds.labels('live'),
    empty: seconds.labels('empty'),
  };
  return {
    wakeUp: () => wakeUps.inc(),
    answered: (kind, duration) => byKind[kind].observe(duration),
    receipts: (outcome, count) => receipts.inc({ outcome }, count),
  };
}
