import { counter, fromZero, userapiMetrics as metrics, type Observability } from '@plexus/observability';

export type UserapiMetrics = ReturnType<typeof userapiMetrics>;

/** What userapi counts. */
export function userapiMetrics(observability: Observability) {
  return {
    logins: fromZero(counter(observability, metrics.logins), { outcome: 'accepted' }, { outcome: 'refused' }),
    registrations: fromZero(counter(observability, metrics.registrations), { kind: 'user' }, { kind: 'appservice' }),
  };
}
