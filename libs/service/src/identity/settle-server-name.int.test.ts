import { parseConfig } from '@plexus/config';
import { type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleServerName } from './settle-server-name.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase([]);
});
afterAll(() => database.drop());

const settle = (serverName: string) => {
  const parsed = parseConfig({
    serverName,
    publicBaseUrl: 'http://localhost',
    postgres: { url: database.url },
    nats: { servers: ['nats://n'] },
    signingKeyFile: '/k',
    media: { directory: '/m' },
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join());
  return settleServerName(parsed.config, testObservability());
};

test('a database belongs to the first name that settles in it, whoever asks at once and however often', async () => {
  await Promise.all([settle('first.example'), settle('first.example'), settle('first.example')]);
  await settle('first.example');
  await expect(settle('second.example')).rejects.toThrow(
    'serverName: this database belongs to first.example; the name cannot be changed, so use another database for second.example',
  );
});
