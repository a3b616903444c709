import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** Where `plexus up` keeps everything. */
export interface DataFolder {
  readonly root: string;
  readonly postgres: string;
  readonly nats: string;
  readonly media: string;
  readonly keys: string;
  readonly logs: string;
  readonly run: string;
  readonly signingKey: string;
  readonly knownKeys: string;
  readonly serverName: string;
  readonly federationTls: { readonly certificateFile: string; readonly keyFile: string };
  readonly secrets: string;
  readonly lock: string;
  readonly state: string;
  readonly config: string;
  /** Short, since a unix socket's path has at most 107 bytes. */
  readonly postgresSockets: string;
}

export const dataFolder = (directory: string): DataFolder => {
  const root = resolve(directory);
  const run = join(root, 'run');
  return {
    root,
    postgres: join(root, 'postgres'),
    nats: join(root, 'nats'),
    media: join(root, 'media'),
    keys: join(root, 'keys'),
    logs: join(root, 'logs'),
    run,
    signingKey: join(root, 'keys', 'signing.key'),
    knownKeys: join(root, 'keys', 'signing-keys.json'),
    serverName: join(root, 'keys', 'server-name'),
    federationTls: {
      certificateFile: join(root, 'keys', 'federation.crt'),
      keyFile: join(root, 'keys', 'federation.key'),
    },
    secrets: join(root, 'keys', 'secrets.json'),
    lock: join(run, 'lock'),
    state: join(run, 'state.json'),
    config: join(run, 'config.json'),
    postgresSockets: join(run, 'pg'),
  };
};

/** The data folder whose plexus up writes this file at every start; undefined when it is nobody's but the operator's. */
export const generatedBy = (file: string): DataFolder | undefined => {
  if (!existsSync(file) || !/^config(?:-[a-z]+)?\.json$/.test(basename(file))) return undefined;
  const run = dirname(realpathSync(file));
  if (basename(run) !== 'run') return undefined;
  const folder = dataFolder(dirname(run));
  return existsSync(folder.secrets) ? folder : undefined;
};

/**
 * Makes the folders that are missing. `shared` when PostgreSQL runs as another user: it may pass through the root and run, and
 * read neither; everything in them is closed to others.
 */
export const makeDataFolder = (folder: DataFolder, shared: boolean): void => {
  const outer = shared ? 0o711 : 0o700;
  for (const path of [folder.root, folder.run]) {
    mkdirSync(path, { recursive: true, mode: outer });
    chmodSync(path, outer);
  }
  for (const path of [folder.nats, folder.media, folder.keys, folder.logs])
    mkdirSync(path, { recursive: true, mode: 0o700 });
};
