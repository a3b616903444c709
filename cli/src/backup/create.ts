import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlexusConfig } from '@plexus/config';
import { listContent } from '@plexus/mediaapi';
import { createObservability } from '@plexus/observability';
import { openDatabase, type Queryable, serverSettings, sql, type Transaction } from '@plexus/postgres';
import { logCounter, topology } from '@plexus/streams';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import { type Manifest, manifestFile, type SecretFile, savedFile } from './manifest.ts';
import { copyMedia, megabytes } from './media-copy.ts';
import { findPostgresTool, majorOf, runPostgresTool } from './postgres-tools.ts';

export interface CreateOptions {
  readonly config: PlexusConfig;
  /** Undefined: the environment held it. */
  readonly configFile: string | undefined;
  readonly folder: string;
  /** Folder of an earlier backup. */
  readonly earlier: string | undefined;
  readonly now: Date;
  readonly progress: Progress;
}

const beginSnapshot = sql('backup_begin_snapshot', 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
/** The dump may take hours, and this transaction holds its snapshot meanwhile. */
const keepOpen = sql('backup_keep_open', 'SET LOCAL idle_in_transaction_session_timeout = 0');
const exportSnapshot = sql('backup_export_snapshot', 'SELECT pg_export_snapshot() AS snapshot');

/**
 * Saves an installation that may run: the database at one moment, then every file of media that it knows (files are written before their
 * rows and never change, so all are there), then the secrets. The manifest is written last: with it the backup is whole.
 */
export const createBackup = async (options: CreateOptions): Promise<Manifest> => {
  const { config, folder, now, progress } = options;
  await mkdir(join(folder, 'media'), { recursive: true, mode: 0o700 });
  const stamp = now.toISOString().replaceAll(/[:.]/g, '-');
  const names = { database: `database-${stamp}.dump`, mediaList: `media-${stamp}.txt`, secrets: `secrets-${stamp}` };
  const observability = createObservability({ service: 'plexus backup', level: 'error' });
  const database = openDatabase({
    ...config.postgres,
    maxConnections: 2,
    applicationName: 'plexus backup',
    observability,
  });
  try {
    const { version } = await serverSettings(database);
    const tool = await findPostgresTool('pg_dump', majorOf(version));
    const positions = await database.transaction(async (snapshot) => {
      await snapshot.query(beginSnapshot, []);
      await snapshot.query(keepOpen, []);
      const [exported] = await snapshot.query<{ snapshot: string }>(exportSnapshot, []);
      if (exported === undefined) throw new CliError('the database gives no snapshot');
      const args = ['--format=custom', '--no-owner', '--no-privileges', `--snapshot=${exported.snapshot}`];
      await progress.step(
        'database',
        async () => {
          const file = join(folder, names.database);
          // Made here, since the tool would let everybody read it.
          writePrivateFile(file, '');
          await runPostgresTool(tool, [...args, `--file=${file}`], config.postgres.url);
          return savedFile(folder, names.database);
        },
        ({ size }) => `dumped, ${megabytes(size)}`,
      );
      await writeMediaList(snapshot, join(folder, names.mediaList));
      return logPositions(snapshot);
    });
    const media = await progress.step(
      'media',
      () =>
        copyMedia({
          list: join(folder, names.mediaList),
          from: join(config.media.directory, 'content'),
          to: join(folder, 'media'),
          earlier: options.earlier === undefined ? undefined : join(options.earlier, 'media'),
          progress,
        }),
      ({ files, bytes, copied, missing }) =>
        `${files} files, ${megabytes(bytes)}, ${copied} new${missing === 0 ? '' : `, ${missing} MISSING or damaged in media.directory`}`,
    );
    const secrets = await progress.step(
      'secrets',
      () => saveSecrets(options, names.secrets),
      (saved) => `${saved.length} files: keep this folder as safe as the server`,
    );
    const manifest: Manifest = {
      format: 1,
      serverName: config.serverName,
      createdAt: now.toISOString(),
      postgresVersion: version,
      database: await savedFile(folder, names.database),
      positions,
      secrets,
      mediaList: await savedFile(folder, names.mediaList),
      media: { files: media.files, bytes: media.bytes, missing: media.missing },
    };
    writePrivateFile(manifestFile(folder), `${JSON.stringify(manifest, null, 2)}\n`);
    await removeEarlier(folder, Object.values(names));
    return manifest;
  } finally {
    await database.close();
    await observability.shutdown();
  }
};

const writeMediaList = async (snapshot: Transaction, file: string): Promise<void> => {
  const list = createWriteStream(file, { mode: 0o600, flags: 'wx' });
  for await (const page of listContent(snapshot))
    list.write(page.map(({ hash, size }) => `${hash} ${size}\n`).join(''));
  list.end();
  await once(list, 'close');
};

/** Where every log of the product ends. */
export const logPositions = async (queryable: Queryable): Promise<Record<string, number>> => {
  const positions: Record<string, number> = {};
  for (const { name, producer } of topology.filter(({ kind, status }) => kind === 'log' && status === 'live')) {
    const [row] = await queryable.query<{ position: number }>(logCounter(producer).head, [name]);
    positions[name] = row?.position ?? 0;
  }
  return positions;
};

const saveSecrets = async ({ config, configFile, folder }: CreateOptions, name: string): Promise<SecretFile[]> => {
  const { tls, authoritiesFile } = config.federation;
  const named = [...config.appservices, tls?.certificateFile, tls?.keyFile, authoritiesFile].filter(
    (file) => file !== undefined,
  );
  await mkdir(join(folder, name), { mode: 0o700 });
  const saved: SecretFile[] = [];
  const save = async (role: SecretFile['role'], as: string, original: string): Promise<void> => {
    const copy = join(folder, name, as);
    await copyFile(original, copy);
    // A copy has the mode of its original, whatever the umask is.
    await chmod(copy, 0o600);
    saved.push({ role, original, ...(await savedFile(folder, join(name, as))) });
  };
  await save('signingKey', 'signing.key', config.signingKeyFile);
  if (configFile !== undefined) await save('configuration', 'configuration', configFile);
  for (const [index, file] of named.entries()) await save('named', `file-${index}`, file);
  // What it took from files of secrets is in no other file here.
  writePrivateFile(join(folder, name, 'in-force.json'), JSON.stringify(config, null, 2));
  saved.push({
    role: 'configuration',
    original: configFile ?? '',
    ...(await savedFile(folder, join(name, 'in-force.json'))),
  });
  return saved;
};

/** What earlier backups into this folder, or one that was interrupted, have left. */
const removeEarlier = async (folder: string, kept: readonly string[]): Promise<void> => {
  for (const name of await readdir(folder))
    if (/^(?:database|media|secrets)-\d{4}-/.test(name) && !kept.includes(name))
      await rm(join(folder, name), { recursive: true });
};
