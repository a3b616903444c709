import type { Observability } from '@plexus/observability';
import { type Database, openDatabase } from '@plexus/postgres';

/** One batch in flight, a command under the lock of its room's head, and rooms that are loaded meanwhile. */
const CONNECTIONS = 4;

/**
 * Every statement of the write path finds its rows by an index and is planned once. Left to itself the planner keeps a plan that it made
 * while the tables were small, with a scan of the whole table in it, until the next ANALYZE: after 100,000 events a commit then took 4 ms
 * instead of 0.3; or it plans every batch anew, which takes 1.3 ms.
 */
const settings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};

/** Connections of the write path's own: a commit never waits behind the queries of others. */
export function openWriteDatabase(url: string, observability: Observability): Database {
  const withSettings = new URL(url);
  const given = withSettings.searchParams.get('options');
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  withSettings.searchParams.set('options', [...(given === null ? [] : [given]), ...options].join(' '));
  return openDatabase({
    url: withSettings.href,
    maxConnections: CONNECTIONS,
    observability,
    applicationName: 'plexus roomserver writes',
  });
}
