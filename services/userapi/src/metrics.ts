import { counter, userapiMetrics as metrics, type Observability } from '@plexus/observability';

export type UserapiMetrics = ReturnType<typeof userapiMetrics>;

/** What userapi counts. Outcomes are there from the start, at 0: an alert on an increase needs a value before it. */
export function userapiMetrics(observability: Observability) {
  const logins = counter(observability, metrics.logins);
  for (const outcome of ['accepted', 'refused']) logins.inc({ outcome }, 0);
  const registrations = counter(observability, metrics.registrations);
  for (const kind of ['user', 'appservice']) registrations.inc({ kind }, 0);
  return { logins, registrations };
}
