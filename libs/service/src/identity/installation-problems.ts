import { type PlexusConfig, readSigningKeys } from '@plexus/config';
import { MigrationError, pendingMigrations, type Queryable, sql } from '@plexus/postgres';
import type { ServiceModule } from '../service-module.ts';
import { InstallationError } from './installation-error.ts';

/** The schema that holds whose database this is. */
export const identitySchema = { schema: 'plexus', directory: new URL('./migrations/', import.meta.url) } as const;

export type Installation = Pick<PlexusConfig, 'serverName' | 'signingKeyFile' | 'oldSigningKeys'>;
type Tables = Pick<ServiceModule, 'name' | 'migrations'>;

/**
 * Why this version under this configuration must not work on this database: its tables are older or of a newer, incompatible version,
 * or it belongs to another server. Empty: it may.
 * @throws DatabaseError when the database gives no answer
 */
export async function installationProblems(
  queryable: Queryable,
  modules: readonly Tables[],
  config: Installation,
): Promise<InstallationError[]> {
  const schema = await schemaProblem(queryable, modules);
  // What older tables do not have cannot be asked of them.
  if (schema !== undefined) return [new InstallationError('schema', schema)];
  const [row] = await queryable.query<{ server_name: string }>(readServerName, []);
  if (row === undefined || row.server_name === config.serverName) return [];
  return [new InstallationError('configuration', otherServerName(row.server_name, config.serverName))];
}

export function otherServerName(settled: string, asked: string): string {
  return `serverName: this database belongs to ${settled}; the name cannot be changed, so use another database for ${asked}`;
}

/**
 * Why the signing key of the configuration is not this server's: it has signed with another one that is not published as old. Empty: it is.
 * @throws DatabaseError when the database gives no answer
 */
export async function signingKeyProblems(
  queryable: Queryable,
  { signingKeyFile, oldSigningKeys }: Installation,
  now: number,
): Promise<InstallationError[]> {
  const current = readSigningKeys(signingKeyFile);
  const published = [...current, ...oldSigningKeys];
  const used = await queryable.query<SigningKeyRow>(selectSigningKeys, []);
  const problems = used.flatMap(({ key_id, public_key }) => {
    const namesake = published.find(({ keyId }) => keyId === key_id);
    if (namesake?.publicKey === public_key) return [];
    if (namesake !== undefined)
      return [
        `signingKeyFile: another key than the one this server has signed with is given as ${key_id}: restore that one from a backup, or give the new one another name`,
      ];
    return [
      `signingKeyFile: ${signingKeyFile} holds ${current.map(({ keyId }) => keyId).join(' and ')}, but this server has signed with ${key_id}, which is not in oldSigningKeys: restore that key from a backup, or add { keyId: ${key_id}, publicKey: ${public_key}, expiredAt: ${now} } to oldSigningKeys if it is lost`,
    ];
  });
  return problems.map((problem) => new InstallationError('configuration', problem));
}

/** Notes that the server signs with the keys of the configuration from now on. */
export async function noteSigningKeys(
  queryable: Queryable,
  { signingKeyFile }: Installation,
  now: number,
): Promise<void> {
  const keys = readSigningKeys(signingKeyFile);
  await queryable.query(insertSigningKeys, [
    keys.map(({ keyId }) => keyId),
    keys.map(({ publicKey }) => publicKey),
    now,
  ]);
}

interface SigningKeyRow {
  readonly key_id: string;
  readonly public_key: string;
}

const readServerName = sql('plexus_read_server_name', 'SELECT server_name FROM plexus.identity');
const selectSigningKeys = sql('plexus_read_signing_keys', 'SELECT key_id, public_key FROM plexus.signing_keys');
const insertSigningKeys = sql(
  'plexus_insert_signing_keys',
  `INSERT INTO plexus.signing_keys (key_id, public_key, first_used_at)
   SELECT key_id, public_key, $3 FROM unnest($1::text[], $2::text[]) AS given (key_id, public_key) ON CONFLICT DO NOTHING`,
);

async function schemaProblem(queryable: Queryable, modules: readonly Tables[]): Promise<string | undefined> {
  const schemas = modules.flatMap(({ name, migrations }) =>
    migrations === undefined ? [] : [{ schema: name, directory: migrations }],
  );
  try {
    const plans = await Promise.all(
      [identitySchema, ...schemas].map(async (schema) => ({
        ...schema,
        ...(await pendingMigrations(queryable, schema)),
      })),
    );
    const pending = plans.flatMap(({ schema, pending: names }) => names.map((name) => `${schema} ${name}`));
    if (pending.length === 0) return undefined;
    if (plans.every(({ applied }) => applied === 0))
      return 'postgres.url: the database has no tables yet; run plexus migrate before the services';
    return `postgres.url: the tables are older than this version (${pending.join(', ')} ${pending.length === 1 ? 'is' : 'are'} missing); run plexus migrate before the services of this version`;
  } catch (error) {
    if (error instanceof MigrationError) return `postgres.url: ${error.message}`;
    throw error;
  }
}
