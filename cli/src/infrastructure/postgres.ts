import { spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { NetConnectOpts } from 'node:net';
import { dirname, join } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { identify, type ProcessIdentity } from '../processes/process-identity.ts';
import type { ProcessSpec } from '../processes/supervised-process.ts';
import { wantOfRoom } from '../up/disk-watch.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { hostBasedAuthentication, type PostgresListener, postgresSettings } from './postgres-settings.ts';
import { speaks } from './tcp.ts';
import { commandAs, postgresUser, type SystemUser } from './unprivileged-user.ts';

export interface LocalPostgres {
  readonly spec: ProcessSpec;
  readonly url: string;
  readonly version: string;
  readonly initialized: boolean;
}

export interface LocalPostgresOptions {
  readonly folder: string;
  readonly sockets: string;
  readonly logFile: string;
  readonly password: string;
  /** Loopback port for where the socket's path would be too long. */
  readonly port: number;
  /** False only for the throw-away database of tests: commits do not wait for the disk. */
  readonly durable: boolean;
  /** True only for tests, which make databases of all kinds. */
  readonly isSuperuser?: boolean;
}

const user = 'plexus';
const database = 'plexus';
/** Nobody signs in as this one: it is for the single-user mode alone. */
const superuser = 'plexus_superuser';
/** Marks a cluster whose services' role is no superuser. */
const roleMarker = 'plexus-role';

/** Finds PostgreSQL, makes its cluster when there is none, writes its settings, and answers how to start it. */
export const preparePostgres = async (options: LocalPostgresOptions): Promise<LocalPostgres> => {
  const owner = postgresUser();
  const binaries = await findPostgres(clusterMajor(options.folder));
  const initialized = !existsSync(join(options.folder, 'PG_VERSION'));
  if (initialized) await initialize(binaries, owner, options);
  if (options.isSuperuser !== true && !existsSync(join(options.folder, roleMarker)))
    await separateRole(binaries, owner, options);
  const listener = listenerOf(options);
  prepareSockets(options.sockets, owner);
  writeSettings(options, listener, owner);
  const settings = join(options.folder, 'plexus.conf');
  const args = ['-D', options.folder, '-c', `config_file=${settings}`];
  return {
    spec: {
      name: 'postgres',
      ...commandAs(owner, binaries.postgres, args, [settings, join(options.sockets, 'socket')]),
      env: { LC_ALL: 'C', TZ: 'UTC' },
      logFile: options.logFile,
      tethered: false,
      // Fast shutdown: open transactions are rolled back, the checkpoint is written.
      stopSignal: 'SIGINT',
      readyWithinMs: 120_000,
      isReady: () => isPostmasterReady(options.folder),
      isAlive: () => speaks(socketOf(listener), sslRequest, 5_000),
    },
    url: connectionUrl(options, listener),
    version: `${binaries.version[0]}.${binaries.version[1]}`,
    initialized,
  };
};

/** A server of this cluster that a killed supervisor left behind, as PostgreSQL's own pid file tells. */
export const leftoverPostmaster = (folder: string): ProcessIdentity | undefined => {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const identity = Number.isInteger(pid) && pid > 0 ? identify(pid) : undefined;
  return identity !== undefined && commandLine(pid).includes(folder) ? identity : undefined;
};

const commandLine = (pid: number): string => {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

/** The major version that made a cluster; undefined when there is none. */
export const clusterMajor = (folder: string): number | undefined => {
  const file = join(folder, 'PG_VERSION');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : undefined;
};

/** The cluster is made beside its place and moved there when it is complete: one that was cut short is made anew. */
const initialize = async (
  binaries: PostgresBinaries,
  owner: SystemUser | undefined,
  options: LocalPostgresOptions,
): Promise<void> => {
  const unfinished = `${options.folder}.new`;
  const passwordFile = `${unfinished}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(options.folder, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (owner !== undefined) {
    chownSync(unfinished, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  const flags = [
    '--auth=scram-sha-256',
    `--username=${options.isSuperuser === true ? user : superuser}`,
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
  ];
  const sync = options.durable ? [] : ['--no-sync'];
  try {
    // What it has written stays, so that a disk which it has filled is still seen to be full.
    const args = ['-D', unfinished, `--pwfile=${passwordFile}`, '--no-clean', ...flags, ...sync];
    await runToEnd(commandAs(owner, binaries.initdb, args, [passwordFile]), '');
    const statements = [
      ...(options.isSuperuser === true ? [] : [`CREATE ROLE ${user} LOGIN PASSWORD ${literal(options.password)}`]),
      `CREATE DATABASE ${database} OWNER ${user}`,
    ];
    await runSingle(binaries, owner, { folder: unfinished, durable: options.durable }, 'postgres', statements);
    writeMarker(unfinished, owner);
    renameSync(unfinished, options.folder);
  } catch (error) {
    const full = wantOfRoom(dirname(options.folder));
    rmSync(unfinished, { recursive: true, force: true });
    throw full === undefined ? error : new CliError(`${messageOf(error)}\n${full}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
};

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const writeMarker = (folder: string, owner: SystemUser | undefined): void => {
  const marker = join(folder, roleMarker);
  writeFileSync(marker, '', { mode: 0o600 });
  if (owner !== undefined) chownSync(marker, owner.uid, owner.gid);
};

/** In single-user mode a statement is a line. @throws CliError when one fails */
const runSingle = async (
  binaries: PostgresBinaries,
  owner: SystemUser | undefined,
  { folder, durable }: Pick<LocalPostgresOptions, 'folder' | 'durable'>,
  name: string,
  statements: readonly string[],
): Promise<void> => {
  const args = ['--single', '-D', folder, '-c', 'exit_on_error=on', ...(durable ? [] : ['-F']), name];
  await runToEnd(commandAs(owner, binaries.postgres, args, [join(folder, 'PG_VERSION')]), `${statements.join('\n')}\n`);
};

/** Of clusters that earlier versions have made: their services' role was the superuser. It gets another name, and theirs a role that owns what is theirs. */
const separateRole = async (
  binaries: PostgresBinaries,
  owner: SystemUser | undefined,
  options: LocalPostgresOptions,
): Promise<void> => {
  const given = `DO $$ DECLARE found record; BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${superuser}') THEN ALTER ROLE ${user} RENAME TO ${superuser}; CREATE ROLE ${user} LOGIN PASSWORD ${literal(options.password)}; END IF; END $$`;
  const owned = `DO $$ DECLARE found record; BEGIN ALTER DATABASE ${database} OWNER TO ${user}; FOR found IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public') LOOP EXECUTE format('ALTER SCHEMA %I OWNER TO ${user}', found.nspname); END LOOP; FOR found IN SELECT nspname, relname, relkind FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i')) LOOP EXECUTE format('ALTER %s %I.%I OWNER TO ${user}', CASE found.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, found.nspname, found.relname); END LOOP; FOR found IN SELECT pg_proc.oid::regprocedure AS signature FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO ${user}', found.signature); END LOOP; END $$`;
  await runSingle(binaries, owner, options, database, [given, owned]);
  writeMarker(options.folder, owner);
};

const runToEnd = (program: ReturnType<typeof commandAs>, input: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { command, args, ...as } = program;
    const child = spawn(command, args, {
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...as,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new CliError(
            `${args.find((arg) => arg.endsWith('initdb')) ?? command} failed: ${output.trim().split('\n').slice(-3).join('; ')}`,
          ),
        );
    });
    child.stdin.end(input);
  });

/** A unix socket, since it is a fifth to a half faster than loopback TCP and closed to other users; its path has 107 bytes at most. */
const listenerOf = (options: LocalPostgresOptions): PostgresListener =>
  Buffer.byteLength(join(options.sockets, '.s.PGSQL.5432')) <= 100
    ? { kind: 'socket', folder: options.sockets }
    : { kind: 'loopback', port: options.port };

const prepareSockets = (folder: string, owner: SystemUser | undefined): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
};

const writeSettings = (
  options: LocalPostgresOptions,
  listener: PostgresListener,
  owner: SystemUser | undefined,
): void => {
  const files = {
    'plexus.conf': postgresSettings(listener, options.durable),
    'pg_hba.conf': hostBasedAuthentication,
  };
  for (const [name, content] of Object.entries(files)) {
    const file = join(options.folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  }
};

const connectionUrl = (options: LocalPostgresOptions, listener: PostgresListener): string => {
  const credentials = `${user}:${encodeURIComponent(options.password)}`;
  return listener.kind === 'socket'
    ? `postgresql://${credentials}@localhost/${database}?host=${encodeURIComponent(listener.folder)}`
    : `postgresql://${credentials}@127.0.0.1:${listener.port}/${database}`;
};

/** What a client asks first: whether the server speaks TLS. The answer is one letter, also while it starts or recovers. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const socketOf = (listener: PostgresListener): NetConnectOpts =>
  listener.kind === 'socket'
    ? { path: join(listener.folder, '.s.PGSQL.5432') }
    : { host: '127.0.0.1', port: listener.port };

/** The postmaster writes its pid to the first line of its pid file, its state to the last. One that was killed leaves its file behind. */
const isPostmasterReady = async (folder: string): Promise<boolean> => {
  try {
    const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
    return lines.some((line) => line.trim() === 'ready') && identify(Number(lines[0])) !== undefined;
  } catch {
    return false; // Not written yet.
  }
};
