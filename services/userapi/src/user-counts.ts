import {
  type Clock,
  gauge,
  type Observability,
  postgresMetrics,
  refreshed,
  userapiMetrics,
} from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { countAccounts, countActive, readInstallationSize } from './storage/statistics.ts';

/**
 * Shows how many accounts, users and devices there are, and the size of the database. Every replica shows the same: take the maximum, not the
 * sum. `freshMs`: all look at whole tables, and are asked no more often, whoever scrapes. While the database does not answer the series are
 * missing, the rest of the page is not.
 */
export function exposeUserCounts(
  database: Database,
  freshMs: number,
  clock: Clock,
  observability: Observability,
): void {
  const counts = refreshed(
    async () => {
      const [accounts, active, size] = await Promise.all([
        countAccounts(database),
        countActive(database, clock.now()),
        readInstallationSize(database),
      ]);
      return { accounts, active, size };
    },
    { freshMs, clock, onError: (error) => observability.log.warn({ error }, 'users cannot be counted') },
  );
  gauge(observability, userapiMetrics.accounts, async (metric) => {
    const known = await counts();
    metric.reset();
    if (known === undefined) return;
    metric.set({ kind: 'user' }, known.accounts.accounts);
    metric.set({ kind: 'appservice' }, known.accounts.appservice_accounts);
    metric.set({ kind: 'deactivated' }, known.accounts.deactivated_accounts);
  });
  gauge(observability, userapiMetrics.activeUsers, async (metric) => {
    const known = await counts();
    metric.reset();
    if (known === undefined) return;
    for (const period of ['day', 'week', 'month']) metric.set({ period, client: 'any' }, 0);
    for (const { period, client, users } of known.active) metric.set({ period, client }, users);
  });
  const single = [
    [userapiMetrics.devices, 'devices'],
    [postgresMetrics.databaseBytes, 'database_bytes'],
  ] as const;
  for (const [definition, key] of single)
    gauge(observability, definition, async (metric) => {
      const known = await counts();
      if (known === undefined) metric.remove();
      else metric.set(known.size[key]);
    });
}
