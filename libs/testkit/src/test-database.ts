import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { type Database, migrate, openDatabase } from '@plexus/postgres';
import pg from 'pg';
import { sharedServer } from './servers/shared-server.ts';
import { testObservability } from './test-observability.ts';

/** A schema and its migrations; a service's name alone means its own. A ServiceModule fits. */
export type MigratedSchema = string | { readonly name: string; readonly migrations: URL | undefined };

export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

interface SchemaFolder {
  readonly schema: string;
  readonly directory: URL;
}

/** Whose database it is: `plexus migrate` makes this schema before all others. */
const identity: SchemaFolder = {
  schema: 'plexus',
  directory: new URL('../../service/src/identity/migrations/', import.meta.url),
};

/** Held while a template is looked up, built or copied; any number that nobody else takes. */
const templateLock = 7_305_418;

/**
 * A database of its own for a test file, with these schemas migrated: a copy (30–45 ms) of a template that is migrated once for each
 * content of the migration files.
 * @param at the server's URL; the shared one without it
 */
export async function testDatabase(schemas: readonly MigratedSchema[], at?: string): Promise<TestDatabase> {
  const server = at ?? (await sharedServer('postgres'));
  const folders = [identity, ...schemas.map(toFolder).filter((folder) => folder !== undefined)];
  const template = await asAdministrator(server, (client) => ensureTemplate(client, server, folders));
  return createDatabase(server, `TEMPLATE ${template}`);
}

/** An empty database made with other options than are right, for example `TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`. */
export async function unusualDatabase(options: string): Promise<TestDatabase> {
  return createDatabase(await sharedServer('postgres'), options);
}

async function createDatabase(server: string, options: string): Promise<TestDatabase> {
  const name = `plexus_test_${process.pid}_${randomUUID().slice(0, 8)}`;
  await asAdministrator(server, (client) => client.query(`CREATE DATABASE ${name} ${options}`));
  const url = urlOf(server, name);
  const database = openDatabase({ url, maxConnections: 8, observability: testObservability(), applicationName: name });
  return {
    database,
    url,
    async drop() {
      await database.close();
      await asAdministrator(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

function toFolder(given: MigratedSchema): SchemaFolder | undefined {
  if (typeof given !== 'string') {
    return given.migrations === undefined ? undefined : { schema: given.name, directory: given.migrations };
  }
  return {
    schema: given,
    directory: new URL(`../../../services/${given}/src/storage/migrations/`, import.meta.url),
  };
}

async function ensureTemplate(client: pg.Client, server: string, folders: readonly SchemaFolder[]): Promise<string> {
  const name = `plexus_template_${await contentHash(folders)}`;
  await client.query('SELECT pg_advisory_lock($1)', [templateLock]);
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await buildTemplate(client, server, name, folders);
    return name;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [templateLock]);
  }
}

/** Built under another name, so that one that was interrupted is never taken for ready. */
async function buildTemplate(
  client: pg.Client,
  server: string,
  name: string,
  folders: readonly SchemaFolder[],
): Promise<void> {
  const building = `plexus_building_${randomUUID().slice(0, 8)}`;
  await client.query(`CREATE DATABASE ${building}`);
  try {
    const { log } = testObservability();
    for (const { schema, directory } of folders)
      await migrate({ url: urlOf(server, building), schema, directory, log });
    await client.query(`ALTER DATABASE ${building} RENAME TO ${name}`);
  } catch (error) {
    await client.query(`DROP DATABASE ${building} WITH (FORCE)`);
    throw error;
  }
}

async function contentHash(folders: readonly SchemaFolder[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { schema, directory } of folders) {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).toSorted();
    for (const file of files) {
      hash.update(JSON.stringify([schema, file, await readFile(new URL(file, withSlash(directory)), 'utf8')]));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function withSlash(directory: URL): URL {
  return directory.href.endsWith('/') ? directory : new URL(`${directory.href}/`);
}

async function asAdministrator<T>(server: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
