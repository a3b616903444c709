import { parseConfig } from '@plexus/config';
import { sql } from '@plexus/postgres';
import { type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settleServerName } from './settle-server-name.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(['userapi']);
});
afterAll(() => database.drop());

const userapi = {
  name: 'userapi',
  carriesServerName: sql('test_names_in_use', 'SELECT EXISTS (SELECT FROM userapi.accounts) AS found'),
} as const;

const settle = (name: string) => {
  const parsed = parseConfig({
    serverName: name,
    publicBaseUrl: 'http://localhost',
    postgres: { url: database.url },
    nats: { servers: ['nats://n'] },
    signingKeyFile: '/k',
    media: { directory: '/m' },
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join());
  return settleServerName(parsed.config, [userapi], testObservability());
};

describe('a database', () => {
  test('belongs to the last name that settles in it while nothing carries a name, as after a first start that failed', async () => {
    await settle('mistyped.example');
    await Promise.all([settle('first.example'), settle('first.example'), settle('first.example')]);
  });

  test('belongs to its name for good as soon as there is an account', async () => {
    await database.database.query(
      sql('test_make_account', `INSERT INTO userapi.accounts (localpart, created_ts) VALUES ('alice', 0)`),
      [],
    );
    await settle('first.example');
    await expect(settle('second.example')).rejects.toThrow(
      'serverName: this database belongs to first.example; the name cannot be changed, so use another database for second.example',
    );
  });
});
