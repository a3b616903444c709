import { rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { checkout } from '../infrastructure/checkout.ts';
import { findNats } from '../infrastructure/nats.ts';
import { findPostgres } from '../infrastructure/postgres-binaries.ts';
import { startServersIn } from './start-servers.ts';

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
  const servers = await startServersIn({ folder, durable: false, line });
  return {
    environment: {
      PLEXUS_TEST_POSTGRES: servers.urls.postgres,
      PLEXUS_TEST_NATS: servers.urls.nats,
      PLEXUS_TEST_REDIS: servers.urls.redis,
      PATH: await pathWithServers(),
    },
    async stop() {
      await servers.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const pathWithServers = async (): Promise<string> => {
  const programs = [(await findNats()).executable, (await findPostgres(undefined)).postgres];
  return [process.env['PATH'] ?? '', ...programs.map((program) => dirname(program))].join(delimiter);
};
