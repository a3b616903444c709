import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import { prepareNats } from '../infrastructure/nats.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { preparePostgres } from '../infrastructure/postgres.ts';
import { prepareRedis, redisAdvice } from '../infrastructure/redis.ts';
import { type ProcessSpec, type SupervisedProcess, supervise } from '../processes/supervised-process.ts';

export { freePorts };

export interface ServersInFolder {
  readonly urls: Readonly<Record<'postgres' | 'nats' | 'redis', string>>;
  /** Pids by name, of those that run now. */
  pids(): Readonly<Record<string, number>>;
  /** Supervises one more process, which is stopped before the servers. */
  start(spec: ProcessSpec): Promise<SupervisedProcess>;
  stop(): Promise<void>;
}

export interface ServersInFolderOptions {
  /** Made when absent. What it holds of an earlier run is used again. */
  readonly folder: string;
  /** Whether PostgreSQL's commits wait for the disk. */
  readonly durable: boolean;
  readonly line: (text: string) => void;
}

const GRACE_MS = 5_000;

/** PostgreSQL, NATS and Redis as `plexus up` runs them, without anything in front of them. */
export const startServersIn = async ({ folder, durable, line }: ServersInFolderOptions): Promise<ServersInFolder> => {
  mkdirSync(join(folder, 'nats'), { recursive: true });
  // PostgreSQL may run as another user, who passes through; its own folder is closed.
  chmodSync(folder, 0o711);
  const pids = new Map<string, number>();
  const running: SupervisedProcess[] = [];
  const start = async (spec: ProcessSpec): Promise<SupervisedProcess> => {
    const supervised = supervise(spec, {
      line,
      onIdentity: (name, identity) => (identity === undefined ? pids.delete(name) : pids.set(name, identity.pid)),
      random: Math.random,
    });
    running.push(supervised);
    await supervised.start();
    return supervised;
  };
  const stop = async (): Promise<void> => {
    const [servers, others] = [running.splice(0, 3), running.splice(0)];
    await Promise.all(others.map((one) => one.stop(GRACE_MS)));
    await Promise.all(servers.map((one) => one.stop(GRACE_MS)));
  };
  try {
    return { urls: await startAll(folder, durable, start), pids: () => Object.fromEntries(pids), start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startAll = async (
  folder: string,
  durable: boolean,
  start: (spec: ProcessSpec) => Promise<SupervisedProcess>,
): Promise<ServersInFolder['urls']> => {
  const [postgresPort = 0, natsPort = 0, redisPort = 0] = await freePorts(3);
  const secret = secretOf(folder);
  const [postgres, nats, redis] = await Promise.all([
    preparePostgres({
      isSuperuser: true,
      folder: join(folder, 'postgres'),
      sockets: join(folder, 'pg'),
      logFile: join(folder, 'postgres.log'),
      password: secret,
      port: postgresPort,
      durable,
    }),
    prepareNats({
      folder: join(folder, 'nats'),
      settingsFile: join(folder, 'nats.conf'),
      logFile: join(folder, 'nats.log'),
      port: natsPort,
      // Tests name it by its URL alone, and each of their files makes streams of its own.
      token: undefined,
      storeLimit: '10TB',
    }),
    prepareRedis({
      settingsFile: join(folder, 'redis.conf'),
      logFile: join(folder, 'redis.log'),
      port: redisPort,
      password: secret,
    }),
  ]);
  if (redis === undefined) throw new CliError(`redis-server is missing: ${redisAdvice}`);
  await Promise.all([postgres, nats, redis].map(({ spec }) => start(spec)));
  return { postgres: postgres.url, nats: nats.url, redis: redis.url };
};

/** The one that the folder's database was made with. */
const secretOf = (folder: string): string => {
  const file = join(folder, 'secret');
  if (!existsSync(file)) writePrivateFile(file, randomBytes(16).toString('hex'));
  return readFileSync(file, 'utf8');
};
