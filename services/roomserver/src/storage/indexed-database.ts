import type { Observability } from '@plexus/observability';
import { type Database, type DatabaseOptions, openDatabase } from '@plexus/postgres';
import { coldBlockCache, readingColdBodies } from './cold-reader.ts';

/**
 * Every statement of roomserver finds its rows by an index and is planned once. Left to itself the planner either keeps a plan that it made
 * while the tables were small, with a scan of a whole table in it, until the next ANALYZE (after 100,000 events a commit took 4 ms instead
 * of 0.3), or plans anew for the length of each array: a query of state took 4.8 ms instead of 0.3.
 */
const settings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};

/** The pool of roomserver's queries and that of its write path: apart, so that a commit never waits behind the queries of others. */
export interface RoomserverDatabases {
  readonly queries: Database;
  readonly writes: Database;
}

/** One batch in flight, a command under the lock of its room's head, and rooms that are loaded meanwhile. */
const WRITE_CONNECTIONS = 4;
const QUERY_CONNECTIONS = 8;

export function openDatabases(
  url: string,
  observability: Observability,
  onLostConnection?: () => void,
): RoomserverDatabases {
  const blocks = coldBlockCache(observability);
  const open = (maxConnections: number, purpose: string) => {
    const applicationName = `plexus roomserver ${purpose}`;
    return readingColdBodies(
      openIndexedDatabase({ url, maxConnections, applicationName, observability, onLostConnection }),
      blocks,
    );
  };
  return { queries: open(QUERY_CONNECTIONS, 'queries'), writes: open(WRITE_CONNECTIONS, 'writes') };
}

function openIndexedDatabase({ url, ...rest }: DatabaseOptions): Database {
  const withSettings = new URL(url);
  const given = withSettings.searchParams.get('options');
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  withSettings.searchParams.set('options', [...(given === null ? [] : [given]), ...options].join(' '));
  return openDatabase({ url: withSettings.href, ...rest });
}
