import { type Clock, gauge, type Observability, userapiMetrics } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { type ActiveCount, countAccounts, countActive } from './storage/statistics.ts';

type Counts = { readonly accounts: Awaited<ReturnType<typeof countAccounts>>; readonly active: readonly ActiveCount[] };

/**
 * Shows how many accounts and users there are. Every replica shows the same: take the maximum, not the sum. `freshMs`: both look at whole
 * tables, and are asked no more often, whoever scrapes.
 */
export function exposeUserCounts(
  database: Database,
  freshMs: number,
  clock: Clock,
  observability: Observability,
): void {
  let newest: { readonly at: number; readonly counts: Promise<Counts | undefined> } | undefined;
  const counts = (): Promise<Counts | undefined> => {
    if (newest === undefined || clock.monotonic() - newest.at > freshMs)
      newest = { at: clock.monotonic(), counts: read(database, clock, observability) };
    return newest.counts;
  };
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
    for (const period of ['day', 'month']) metric.set({ period, client: 'any' }, 0);
    for (const { period, client, users } of known.active) metric.set({ period, client }, users);
  });
}

/** Undefined while the database does not answer: the series are missing then, the rest of the page is not. */
async function read(database: Database, clock: Clock, { log }: Observability): Promise<Counts | undefined> {
  try {
    const [accounts, active] = await Promise.all([countAccounts(database), countActive(database, clock.now())]);
    return { accounts, active };
  } catch (error) {
    log.warn({ error }, 'users cannot be counted');
    return undefined;
  }
}
