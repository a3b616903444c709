import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { checkout } from '../infrastructure/checkout.ts';
import { findNats, prepareNats } from '../infrastructure/nats.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { preparePostgres } from '../infrastructure/postgres.ts';
import { findPostgres } from '../infrastructure/postgres-binaries.ts';
import { prepareRedis, redisAdvice } from '../infrastructure/redis.ts';
import { type ProcessSpec, type SupervisedProcess, supervise } from '../processes/supervised-process.ts';

export interface TestServers {
  /** What tests find them by, and a PATH with the servers' programs for tests that start and kill one of their own. */
  readonly environment: Readonly<
    Record<'PLEXUS_TEST_POSTGRES' | 'PLEXUS_TEST_NATS' | 'PLEXUS_TEST_REDIS' | 'PATH', string>
  >;
  stop(): Promise<void>;
}

/** One PostgreSQL (that does not wait for the disk), NATS and Redis for all tests of a run; gone with everything in them at its end. */
export const startTestServers = async (line: (text: string) => void): Promise<TestServers> => {
  const folder = join(checkout, '.plexus', 'test', String(process.pid));
  mkdirSync(join(folder, 'nats'), { recursive: true });
  // PostgreSQL may run as another user, who passes through; its own folder is closed.
  chmodSync(folder, 0o711);
  const running: SupervisedProcess[] = [];
  const start = async (spec: ProcessSpec): Promise<void> => {
    const supervised = supervise(spec, { line, onIdentity: () => {}, random: Math.random });
    running.push(supervised);
    await supervised.start();
  };
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.stop(5_000)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { environment: await startAll(folder, start), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startAll = async (
  folder: string,
  start: (spec: ProcessSpec) => Promise<void>,
): Promise<TestServers['environment']> => {
  const [postgresPort = 0, natsPort = 0, redisPort = 0] = await freePorts(3);
  const secret = randomBytes(16).toString('hex');
  const [postgres, nats, redis] = await Promise.all([
    preparePostgres({
      folder: join(folder, 'postgres'),
      sockets: join(folder, 'pg'),
      logFile: join(folder, 'postgres.log'),
      password: secret,
      port: postgresPort,
      durable: false,
    }),
    prepareNats({
      folder: join(folder, 'nats'),
      settingsFile: join(folder, 'nats.conf'),
      logFile: join(folder, 'nats.log'),
      port: natsPort,
      // Tests name it by its URL alone, and each file makes streams of its own.
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
  return {
    PLEXUS_TEST_POSTGRES: postgres.url,
    PLEXUS_TEST_NATS: nats.url,
    PLEXUS_TEST_REDIS: redis.url,
    PATH: await pathWithServers(),
  };
};

const pathWithServers = async (): Promise<string> => {
  const programs = [(await findNats()).executable, (await findPostgres(undefined)).postgres];
  return [process.env['PATH'] ?? '', ...programs.map((program) => dirname(program))].join(delimiter);
};
