import { sql } from './sql.ts';
import type { Queryable } from './types.ts';

/** Settings of a server that decide whether it is fit for this product. */
export interface ServerSettings {
  readonly version: string;
  readonly maxConnections: number;
  /** For superusers alone. */
  readonly reservedConnections: number;
  /** Open now, of everybody. */
  readonly connections: number;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
  /** off loses what was acked when the machine goes down. */
  readonly synchronousCommit: string;
  readonly encoding: string;
  readonly collation: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

const readSettings = sql(
  'postgres_settings',
  `SELECT current_setting('server_version') AS version, current_setting('max_connections')::integer AS "maxConnections",
     current_setting('superuser_reserved_connections')::integer AS "reservedConnections",
     (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
     current_setting('fsync') = 'on' AS fsync, current_setting('full_page_writes') = 'on' AS "fullPageWrites",
     current_setting('synchronous_commit') AS "synchronousCommit", pg_encoding_to_char(encoding) AS encoding, datcollate AS collation,
     extract(epoch FROM clock_timestamp())::double precision AS now
   FROM pg_database WHERE datname = current_database()`,
);

/** @throws DatabaseError */
export async function serverSettings(queryable: Queryable): Promise<ServerSettings> {
  const [settings] = await queryable.query<ServerSettings>(readSettings, []);
  if (settings === undefined) throw new Error('the database does not know itself');
  return settings;
}
