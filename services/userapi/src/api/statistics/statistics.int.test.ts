import type { RecordActivityRequest } from '@plexus/contracts/userapi';
import { connectStreams } from '@plexus/streams';
import { type TestDatabase, type TestNats, testDatabase, testNats, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { forgetActivity } from '../../storage/activity.ts';
import { countActive, dayOf } from '../../storage/statistics.ts';
import { type RunningUserapi, registered, startUserapi } from '../../testing/start-userapi.ts';

const DAY_MS = 86_400_000;
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0';
const elementX = 'Element X Android/25.11.2 (Google Pixel 9; Android 16; BP2A; Sdk abcdef)';

let database: TestDatabase;
let nats: TestNats;
let userapi: RunningUserapi;
let ends: (() => unknown)[] = [];

beforeAll(async () => {
  [database, nats] = await Promise.all([testDatabase(['userapi']), testNats()]);
  const streams = connectStreams({ servers: [nats.url], observability: testObservability() });
  userapi = startUserapi(database.database, streams);
  ends = [() => userapi.stop(), () => streams.close()];
});

afterAll(async () => {
  for (const end of ends) await end();
  await Promise.all([database.drop(), nats.stop()]);
});

const report = (more: Partial<RecordActivityRequest>): RecordActivityRequest => ({
  reporter: 'process-1',
  sequence: 1,
  service: 'clientapi',
  devices: [],
  operations: [],
  cpuSeconds: 0,
  residentBytes: 0,
  ...more,
});

it('tells who was there, with which client, what was asked, and what it took; a report that comes twice counts once', async () => {
  const { api } = userapi;
  const [alice, bob] = [await registered(api, 'alice', 'PHONE'), await registered(api, 'bob', 'WEB')];
  const now = Date.now();
  const seen = (user: { userId: string; deviceId: string }, userAgent: string) => ({
    ...user,
    lastSeenTs: now,
    ip: '192.0.2.7',
    userAgent,
  });
  const operations = [{ operation: 'client.sendMessage', requests: 10, failures: 1, seconds: 0.5 }];
  const first = report({
    devices: [seen(alice, elementX), seen(bob, firefox)],
    operations,
    cpuSeconds: 2,
    residentBytes: 5_000_000,
  });
  await api.recordActivity(first);
  await api.recordActivity(first);
  await api.recordActivity(
    report({
      reporter: 'process-2',
      devices: [seen(alice, firefox)],
      operations,
      cpuSeconds: 1,
      residentBytes: 3_000_000,
    }),
  );
  const today = dayOf(now);
  expect(await api.getStatistics({ from: today, to: today })).toMatchObject({
    accounts: 2,
    registered: 2,
    activeUsers: 2,
    days: [{ day: today, activeUsers: 2, registered: 2, requests: 20 }],
    clients: [
      { client: 'browser', activeUsers: 2 },
      { client: 'element-x-android', activeUsers: 1 },
    ],
    operations: [{ operation: 'client.sendMessage', requests: 20, failures: 2, seconds: 1 }],
    resources: [{ service: 'clientapi', cpuSeconds: 3, residentBytes: 5_000_000 }],
  });
  const counts = await countActive(database.database, now);
  expect(counts).toContainEqual({ period: 'month', client: 'any', users: 2 });
  expect(counts).toContainEqual({ period: 'day', client: 'element-x-android', users: 1 });
});

it('fills when and from where a device was last used, and never goes back', async () => {
  const { api } = userapi;
  const { userId, deviceId } = await registered(api, 'carol', 'LAPTOP');
  const device = async () => (await api.getDevices({ userIds: [userId] })).users[0]?.devices[0];
  expect(await device()).toMatchObject({ lastSeenTs: undefined, lastSeenIp: undefined });
  const tell = (sequence: number, lastSeenTs: number, ip: string) =>
    api.recordActivity(
      report({ reporter: 'process-3', sequence, devices: [{ userId, deviceId, lastSeenTs, ip, userAgent: '' }] }),
    );
  const now = Date.now();
  await tell(1, now, '192.0.2.8');
  await tell(2, now - 60_000, '192.0.2.9');
  expect(await device()).toMatchObject({ lastSeenTs: now, lastSeenIp: '192.0.2.8' });
});

it('does not mind users and devices that are gone, or of other servers', async () => {
  const gone = { deviceId: 'NONE', lastSeenTs: Date.now(), ip: '192.0.2.1', userAgent: firefox };
  const devices = ['@nobody:example.org', '@alice:elsewhere.org', 'junk', '@alice:example.org'].map((userId) => ({
    ...gone,
    userId,
  }));
  await expect(userapi.api.recordActivity(report({ reporter: 'process-4', devices }))).resolves.toEqual({});
});

it('forgets days that are past their time', async () => {
  const { api } = userapi;
  const today = dayOf(Date.now());
  await forgetActivity(database.database, today, 0);
  expect((await api.getStatistics({ from: today, to: today })).activeUsers).toBeGreaterThan(0);
  await forgetActivity(database.database, dayOf(Date.now() + DAY_MS), 0);
  expect(await api.getStatistics({ from: today, to: today })).toMatchObject({
    activeUsers: 0,
    operations: [],
    resources: [],
  });
});
