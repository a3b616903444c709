import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import type { Secrets } from '../folder/secrets.ts';
import { prepareNats } from '../infrastructure/nats.ts';
import { preparePostgres } from '../infrastructure/postgres.ts';
import { findRedis, prepareRedis, redisAdvice } from '../infrastructure/redis.ts';
import type { ProcessSpec } from '../processes/supervised-process.ts';
import type { UpSettings } from './settings.ts';

/** Where the services find what they stand on. */
export interface Servers {
  readonly postgresUrl: string;
  readonly natsUrl: string;
  /** Undefined: the memory of the one process. */
  readonly redisUrl: string | undefined;
}

export interface ServerStart {
  readonly folder: DataFolder;
  readonly settings: UpSettings;
  readonly secrets: Secrets;
  /** Free loopback ports: PostgreSQL's, NATS', Redis'. */
  readonly ports: readonly [number, number, number];
  readonly progress: Progress;
  readonly start: (spec: ProcessSpec) => Promise<void>;
}

/** @throws CliError before anything is started when the layout needs a Redis and there is none. */
export const checkRedis = async (settings: UpSettings): Promise<void> => {
  if (settings.layout === 'one' || settings.redisUrl !== undefined || (await findRedis()) !== undefined) return;
  throw new CliError(
    `redis-server is missing, and services in processes of their own need one to share: ${redisAdvice}`,
    2,
  );
};

/** Starts PostgreSQL, NATS and Redis side by side, except those that are named by URL. */
export const startServers = async (context: ServerStart): Promise<Servers> => {
  const started = await Promise.allSettled([startPostgres(context), startNats(context), startRedis(context)]);
  const [postgresUrl, natsUrl, redisUrl] = started;
  if (postgresUrl.status === 'rejected') throw postgresUrl.reason;
  if (natsUrl.status === 'rejected') throw natsUrl.reason;
  if (redisUrl.status === 'rejected') throw redisUrl.reason;
  return { postgresUrl: postgresUrl.value, natsUrl: natsUrl.value, redisUrl: redisUrl.value };
};

const startPostgres = async ({ folder, settings, secrets, ports, progress, start }: ServerStart): Promise<string> => {
  if (settings.postgresUrl !== undefined) return elsewhere(progress, 'postgres', settings.postgresUrl);
  const postgres = await progress.step(
    'postgres',
    async () => {
      const local = await preparePostgres({
        folder: folder.postgres,
        sockets: folder.postgresSockets,
        logFile: join(folder.logs, 'postgres.log'),
        password: secrets.postgresPassword,
        port: ports[0],
        durable: true,
      });
      await start(local.spec);
      return local;
    },
    ({ version, initialized }) => `PostgreSQL ${version} runs${initialized ? ', database created' : ''}`,
  );
  return postgres.url;
};

const startNats = async ({ folder, settings, secrets, ports, progress, start }: ServerStart): Promise<string> => {
  if (settings.natsUrl !== undefined) return elsewhere(progress, 'nats', settings.natsUrl);
  const nats = await progress.step(
    'nats',
    async () => {
      const local = await prepareNats({
        folder: folder.nats,
        settingsFile: join(folder.run, 'nats.conf'),
        logFile: join(folder.logs, 'nats.log'),
        port: ports[1],
        token: secrets.natsToken,
        storeLimit: '8GB',
      });
      await start(local.spec);
      return local;
    },
    ({ version }) => `NATS ${version} with JetStream runs`,
  );
  return nats.url;
};

const startRedis = async (context: ServerStart): Promise<string | undefined> => {
  const { folder, settings, secrets, ports, progress, start } = context;
  if (settings.redisUrl !== undefined) return elsewhere(progress, 'redis', settings.redisUrl);
  const redis = await progress.step(
    'redis',
    async () => {
      const local = await prepareRedis({
        settingsFile: join(folder.run, 'redis.conf'),
        logFile: join(folder.logs, 'redis.log'),
        port: ports[2],
        password: secrets.redisPassword,
      });
      if (local !== undefined) await start(local.spec);
      return local;
    },
    (local) =>
      local === undefined ? 'none installed: kept in the memory of the one process' : `Redis ${local.version} runs`,
  );
  return redis?.url;
};

/** A server that somebody else runs: its address without its password. */
const elsewhere = (progress: Progress, name: string, url: string): string => {
  progress.line(`  ${name.padEnd(12)} at ${new URL(url).host}`);
  return url;
};
