import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type PlexusConfig, readSigningKeys } from '@plexus/config';
import { createObservability } from '@plexus/observability';
import { type Database, openDatabase, serverSettings, sql } from '@plexus/postgres';
import type { ServiceModule } from '@plexus/service';
import { deleteStreams } from '@plexus/streams';
import { CliError, messageOf } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import { type OldKey, writeKnownKeys } from '../folder/known-keys.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import { logPositions } from './create.ts';
import type { Manifest } from './manifest.ts';
import { copyMedia, megabytes } from './media-copy.ts';
import { findPostgresTool, majorOf, runPostgresTool } from './postgres-tools.ts';
import { verifyBackup } from './verify.ts';

export interface RestoreOptions {
  /** Where to: another database, folder and NATS than before, or the same emptied. */
  readonly config: PlexusConfig;
  readonly folder: string;
  readonly modules: readonly ServiceModule[];
  readonly progress: Progress;
}

const countTables = sql(
  'restore_count_tables',
  `SELECT count(*) AS tables FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE relkind IN ('r', 'p', 'S') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
);

/**
 * Puts a backup into an empty database, with its media and signing key. What others were told after the backup is left behind: sync
 * tokens are answered anew, one-time keys are forgotten, streams are removed. Everything is checked before anything is changed.
 */
export const restoreBackup = async (options: RestoreOptions): Promise<Manifest> => {
  const { config, folder, progress } = options;
  const manifest = await verifyBackup(folder, progress);
  if (manifest.serverName !== config.serverName)
    throw new CliError(
      `serverName: the backup is of ${manifest.serverName}, and the configuration of ${config.serverName}`,
      2,
    );
  const key = signingKeyToWrite(config, folder, manifest);
  const observability = createObservability({ service: 'plexus restore', level: 'error' });
  const database = openDatabase({
    ...config.postgres,
    maxConnections: 2,
    applicationName: 'plexus restore',
    observability,
  });
  try {
    const major = await requireEmpty(database);
    // Before the database: without a NATS nothing has been changed yet.
    await progress.step(
      'streams',
      () => removeStreams(config),
      (removed) => `${removed} of an earlier time removed`,
    );
    const tool = await findPostgresTool('pg_restore', Math.max(major, majorOf(manifest.postgresVersion)));
    const args = [
      '--no-owner',
      '--no-privileges',
      '--single-transaction',
      '--exit-on-error',
      `--dbname=${databaseName(config)}`,
    ];
    await progress.step(
      'database',
      () => runPostgresTool(tool, [...args, join(folder, manifest.database.path)], config.postgres.url),
      () => `restored, ${megabytes(manifest.database.size)}`,
    );
    await leaveLostTimeline(database, options, manifest);
  } finally {
    await database.close();
    await observability.shutdown();
  }
  await progress.step(
    'media',
    () =>
      copyMedia({
        list: join(folder, manifest.mediaList.path),
        from: join(folder, 'media'),
        to: join(config.media.directory, 'content'),
        progress,
      }),
    ({ files, copied }) => `${files} files, ${copied} copied`,
  );
  await writeFiles(config, folder, manifest, key);
  return manifest;
};

const requireEmpty = async (database: Database): Promise<number> => {
  const { problems } = await database.condition();
  if (problems.length > 0) throw new CliError(problems.map((problem) => `postgres.url: ${problem}`).join('\n'));
  const [found] = await database.query<{ tables: number }>(countTables, []);
  if ((found?.tables ?? 0) > 0)
    throw new CliError(
      `postgres.url: the database is not empty (${found?.tables} tables and sequences); nothing was changed. Make a new one: CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0`,
    );
  return majorOf((await serverSettings(database)).version);
};

const removeStreams = async ({ nats }: PlexusConfig): Promise<number> => {
  try {
    return await deleteStreams(nats);
  } catch (error) {
    throw new CliError(
      `nats.servers: streams of an earlier time cannot be removed (${messageOf(error)}); nothing was changed. Start NATS first`,
    );
  }
};

/** What the services themselves know must change when time goes back, in one transaction. */
const leaveLostTimeline = async (
  database: Database,
  { modules, progress }: RestoreOptions,
  manifest: Manifest,
): Promise<void> => {
  const positions = await progress.step(
    'services',
    () =>
      database.transaction(async (transaction) => {
        for (const statement of modules.flatMap(({ afterRestore }) => afterRestore ?? []))
          await transaction.query(statement, []);
        return logPositions(transaction);
      }),
    (found) =>
      `at ${Object.entries(found)
        .map(([log, position]) => `${log} ${position}`)
        .join(', ')}`,
  );
  for (const [log, position] of Object.entries(manifest.positions))
    if (positions[log] !== position)
      throw new CliError(
        `${log} ends at ${positions[log]} and not at ${position}: the restored database is not the one that was saved`,
      );
};

/** Undefined: the key is there already. @throws CliError when another one is in its place */
const signingKeyToWrite = (
  { signingKeyFile }: PlexusConfig,
  folder: string,
  { secrets }: Manifest,
): string | undefined => {
  const saved = secrets.find(({ role }) => role === 'signingKey');
  if (saved === undefined) throw new CliError('the backup has no signing key');
  const content = readFileSync(join(folder, saved.path), 'utf8');
  if (!existsSync(signingKeyFile)) return content;
  if (readFileSync(signingKeyFile, 'utf8').trim() === content.trim()) return undefined;
  throw new CliError(
    `signingKeyFile: ${signingKeyFile} holds another key than the backup; move it away. Nothing was changed`,
  );
};

const writeFiles = async (
  config: PlexusConfig,
  folder: string,
  manifest: Manifest,
  key: string | undefined,
): Promise<void> => {
  if (key !== undefined) {
    await mkdir(dirname(config.signingKeyFile), { recursive: true, mode: 0o700 });
    writePrivateFile(config.signingKeyFile, key);
  }
  await keepKnownKeys(config, folder, manifest);
  const { tls, authoritiesFile } = config.federation;
  const named = new Set([...config.appservices, tls?.certificateFile, tls?.keyFile, authoritiesFile]);
  for (const { role, original, path } of manifest.secrets) {
    if (role !== 'named' || !named.has(original) || existsSync(original)) continue;
    await mkdir(dirname(original), { recursive: true, mode: 0o700 });
    await copyFile(join(folder, path), original);
  }
};

/** Of a plexus up: its data folder remembers which keys it has signed with, and publishes the old ones. */
const keepKnownKeys = async (
  { signingKeyFile }: PlexusConfig,
  folder: string,
  { secrets }: Manifest,
): Promise<void> => {
  const inForce = secrets.find(({ path }) => path.endsWith('/in-force.json'));
  const knownKeysFile = join(dirname(signingKeyFile), 'signing-keys.json');
  if (inForce === undefined || !existsSync(join(dirname(signingKeyFile), 'secrets.json'))) return;
  const saved: { oldSigningKeys?: readonly OldKey[] } = JSON.parse(readFileSync(join(folder, inForce.path), 'utf8'));
  const [{ keyId, publicKey }] = readSigningKeys(signingKeyFile);
  writeKnownKeys(knownKeysFile, { current: { keyId, publicKey }, old: saved.oldSigningKeys ?? [] });
};

const databaseName = ({ postgres }: PlexusConfig): string =>
  decodeURIComponent(new URL(postgres.url).pathname.slice(1));
