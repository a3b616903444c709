import { sql } from '@plexus/postgres';
import { type TestDatabase, testDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadModules, serviceNames } from '../service-modules.ts';
import { databaseStatistics } from './statistics.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase(serviceNames.filter((name) => !['clientapi', 'typing'].includes(name)));
  await database.database.query(
    sql(
      'statistics_test_media',
      `INSERT INTO mediaapi.media (media_id, uploader, created_ts) SELECT 'm' || n, '@a:b', 1 FROM generate_series(1, 5000) AS n`,
    ),
    [],
  );
  await database.database.query(
    sql(
      'statistics_test_letters',
      `INSERT INTO syncapi.dead_letter (log, partition, position, entry, error, line)
       SELECT 'ROOM_LOG', 0, n, '\\x00', 'broken', '!a:b' FROM generate_series(1, 3) AS n`,
    ),
    [],
  );
});
afterAll(() => database.drop());

it('rooms, rows and bytes are told by service and table, with what is set aside', async () => {
  const found = await databaseStatistics(
    { postgres: { url: database.url, maxConnections: 2 } },
    await loadModules(serviceNames),
  );
  const mediaapi = found.services.find(({ service }) => service === 'mediaapi');
  const media = mediaapi?.tables.find(({ table }) => table === 'mediaapi.media');
  expect(media?.rows).toBe(5_000);
  expect(media?.tableBytes).toBeGreaterThan(5_000 * 40);
  expect(mediaapi?.bytes).toBeGreaterThan((media?.tableBytes ?? 0) + (media?.indexBytes ?? 0) - 1);
  expect(found.bytes).toBeGreaterThan(mediaapi?.bytes ?? 0);
  expect(found).toMatchObject({
    events: 0,
    bytesPerEvent: undefined,
    deadLetters: [{ service: 'syncapi', entries: 3 }],
  });
});
