import type { PlexusConfig } from '@plexus/config';
import type { Observability } from '@plexus/observability';
import { type Database, migrate, openDatabase, sql, type Transaction } from '@plexus/postgres';
import type { ServiceModule } from '../service-module.ts';
import { InstallationError } from './installation-error.ts';
import { identitySchema, otherServerName } from './installation-problems.ts';

const settle = sql(
  'plexus_settle_server_name',
  'INSERT INTO plexus.identity (server_name) VALUES ($1) ON CONFLICT DO NOTHING',
);
const read = sql('plexus_lock_server_name', 'SELECT server_name FROM plexus.identity FOR UPDATE');
const rename = sql('plexus_rename_server', 'UPDATE plexus.identity SET server_name = $1');
const schemaExists = sql('plexus_schema_exists', 'SELECT to_regnamespace($1) IS NOT NULL AS exists');

/**
 * Binds a database to the server's name. While nothing in it carries the name, as after a first start that failed, another name may take its place.
 * @throws InstallationError when it is bound to another.
 */
export async function settleServerName(
  { postgres, serverName }: Pick<PlexusConfig, 'postgres' | 'serverName'>,
  modules: readonly Pick<ServiceModule, 'name' | 'carriesServerName'>[],
  observability: Observability,
): Promise<void> {
  await migrate({ url: postgres.url, ...identitySchema, log: observability.log });
  const database: Database = openDatabase({ ...postgres, maxConnections: 2, observability });
  try {
    await database.transaction(async (transaction) => {
      await transaction.query(settle, [serverName]);
      const [row] = await transaction.query<{ server_name: string }>(read, []);
      if (row === undefined || row.server_name === serverName) return;
      if (await isNameInUse(transaction, modules))
        throw new InstallationError('configuration', otherServerName(row.server_name, serverName));
      await transaction.query(rename, [serverName]);
    });
  } finally {
    await database.close();
  }
}

async function isNameInUse(
  transaction: Transaction,
  modules: readonly Pick<ServiceModule, 'name' | 'carriesServerName'>[],
): Promise<boolean> {
  for (const { name, carriesServerName } of modules) {
    if (carriesServerName === undefined) continue;
    const [schema] = await transaction.query<{ exists: boolean }>(schemaExists, [name]);
    if (schema?.exists !== true) continue;
    const [row] = await transaction.query<{ found: boolean }>(carriesServerName, []);
    if (row?.found === true) return true;
  }
  return false;
}
