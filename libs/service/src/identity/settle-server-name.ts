import type { PlexusConfig } from '@plexus/config';
import type { Observability } from '@plexus/observability';
import { migrate, openDatabase, sql } from '@plexus/postgres';

/** The database belongs to a server of another name. Nothing was changed. */
export class ServerNameError extends Error {
  constructor(settled: string, asked: string) {
    super(
      `serverName: this database belongs to ${settled}; the name cannot be changed, so use another database for ${asked}`,
    );
    this.name = 'ServerNameError';
  }
}

const settle = sql(
  'plexus_settle_server_name',
  'INSERT INTO plexus.identity (server_name) VALUES ($1) ON CONFLICT DO NOTHING',
);
const read = sql('plexus_read_server_name', 'SELECT server_name FROM plexus.identity');

/**
 * Binds an empty database to the server's name.
 * @throws ServerNameError when it is bound to another.
 */
export async function settleServerName(
  { postgres, serverName }: PlexusConfig,
  observability: Observability,
): Promise<void> {
  const directory = new URL('./migrations/', import.meta.url);
  await migrate({ url: postgres.url, schema: 'plexus', directory, log: observability.log });
  const database = openDatabase({ ...postgres, maxConnections: 2, observability });
  try {
    await database.query(settle, [serverName]);
    const [row] = await database.query<{ server_name: string }>(read, []);
    if (row !== undefined && row.server_name !== serverName) throw new ServerNameError(row.server_name, serverName);
  } finally {
    await database.close();
  }
}
