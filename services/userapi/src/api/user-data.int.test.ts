import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import { sql } from '@plexus/postgres';
import { startLogConsumer, userLog } from '@plexus/streams';
import {
  eventually,
  type TestDatabase,
  type TestStreams,
  testDatabase,
  testObservability,
  testStreams,
} from '@plexus/testkit';
import { hashToken } from '@plexus/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_DEVICES } from '../domain/limits.ts';
import {
  errcodeOf,
  password,
  type RunningUserapi,
  registered,
  sessionOf,
  startUserapi,
} from '../testing/start-userapi.ts';

let database: TestDatabase;
let streams: TestStreams;
let userapi: RunningUserapi;

beforeAll(async () => {
  [database, streams] = await Promise.all([testDatabase(['userapi']), testStreams()]);
  userapi = startUserapi(database.database, streams.connection);
});

afterAll(async () => {
  await userapi.stop();
  await Promise.all([database.drop(), streams.close()]);
});

describe('devices', () => {
  it('are one session each: signing in again with a device ends the session before', async () => {
    const { api } = userapi;
    const first = await registered(api, 'dora', 'PHONE');
    const second = sessionOf(await api.loginPassword({ user: 'dora', password, deviceId: 'PHONE' }));
    const third = sessionOf(await api.loginPassword({ user: 'dora', password, deviceId: 'LAPTOP' }));
    const tokenHashes = [first, second, third].map(({ accessToken }) => hashToken(accessToken));
    const { tokens } = await api.introspect({ tokenHashes });
    expect(tokens.map(({ result }) => result?.$case)).toEqual(['unknown', 'user', 'user']);
  });

  it('are renamed and listed', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'dan', 'D1');
    await api.updateDevice({ userId, deviceId: 'D1', displayName: 'Phone' });
    const { users } = await api.getDevices({ userIds: [userId, '@nobody:example.org', 'junk'] });
    expect(users.map(({ devices }) => devices)).toEqual([[{ deviceId: 'D1', displayName: 'Phone' }], [], []]);
    expect(errcodeOf(await api.updateDevice({ userId, deviceId: 'D2' }))).toBe('M_NOT_FOUND');
  });

  it('go with their sessions, alone, all, or all but one', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'del', 'A');
    for (const deviceId of ['B', 'C', 'D']) await api.createSession({ userId, deviceId });
    const devices = async () =>
      (await api.getDevices({ userIds: [userId] })).users[0]?.devices.map(({ deviceId }) => deviceId);
    expect(await api.endSessions({ userId, which: { $case: 'deviceId', value: 'A' } })).toEqual({ ended: 1 });
    expect(await devices()).toEqual(['B', 'C', 'D']);
    await api.endSessions({ userId, which: { $case: 'devices', value: { deviceIds: ['B', 'unknown'] } } });
    expect(await devices()).toEqual(['C', 'D']);
    await api.endSessions({ userId, which: { $case: 'allExceptDeviceId', value: 'D' } });
    expect(await devices()).toEqual(['D']);
    expect(await api.endSessions({ userId, which: { $case: 'all', value: true } })).toEqual({ ended: 1 });
    expect(await devices()).toEqual([]);
  });

  it('are at most so many: one more takes the place of the one that was used longest ago', async () => {
    const { api } = userapi;
    const { userId, accessToken } = await registered(api, 'manydevices', 'FIRST');
    await database.database.query(
      sql(
        'test_many_devices',
        `INSERT INTO userapi.devices (account_nid, device_id, created_ts)
         SELECT nid, 'D' || n, 9000000000000 + n FROM userapi.accounts, generate_series(2, $2::integer) AS n WHERE localpart = $1`,
      ),
      ['manydevices', MAX_DEVICES],
    );
    await api.createSession({ userId, deviceId: 'LAST' });
    const ids = (await api.getDevices({ userIds: [userId] })).users[0]?.devices.map(({ deviceId }) => deviceId);
    expect(ids).toHaveLength(MAX_DEVICES);
    expect(ids).toContain('LAST');
    expect(ids).not.toContain('FIRST');
    const { tokens } = await api.introspect({ tokenHashes: [hashToken(accessToken)] });
    expect(tokens[0]?.result?.$case).toBe('unknown');
    await api.createSession({ userId, deviceId: 'LAST' });
    expect((await api.getDevices({ userIds: [userId] })).users[0]?.devices).toHaveLength(MAX_DEVICES);
  });

  it('that cannot be are refused, and never a fault', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'nul');
    const bad = 'a\0b';
    const login = { user: 'nul', password };
    expect(errcodeOf(await api.loginPassword({ ...login, deviceId: bad }))).toBe('M_INVALID_PARAM');
    expect(errcodeOf(await api.loginPassword({ ...login, initialDeviceDisplayName: bad }))).toBe('M_INVALID_PARAM');
    expect(errcodeOf(await api.updateDevice({ userId, deviceId: bad }))).toBe('M_NOT_FOUND');
    expect(errcodeOf(await api.checkMasquerade({ userId, deviceId: bad }))).toBe('M_UNKNOWN_DEVICE');
    expect(await api.endSessions({ userId, which: { $case: 'deviceId', value: bad } })).toEqual({ ended: 0 });
    const asked = { userId, types: [bad], everything: false, roomId: bad };
    expect((await api.getAccountData(asked)).items).toEqual([]);
    expect((await api.introspect({ tokenHashes: [Buffer.alloc(0), Buffer.alloc(1000)] })).tokens).toHaveLength(2);
  });
});

describe('profiles', () => {
  it('are set, replaced and removed field by field', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'paula');
    const set = (field: string, value?: string) => api.setProfileField({ userId, field, value });
    await set('displayname', '"Paula"');
    await set('org.example.pronouns', '["she"]');
    await set('avatar_url', '"mxc://example.org/a"');
    await set('avatar_url');
    await set('__proto__', '"odd"');
    const { profiles } = await api.getProfiles({ userIds: [userId] });
    expect(Object.entries(profiles[0]?.fields ?? {})).toEqual(
      expect.arrayContaining([
        ['displayname', '"Paula"'],
        ['org.example.pronouns', '["she"]'],
        ['__proto__', '"odd"'],
      ]),
    );
    expect(profiles[0]?.fields).not.toHaveProperty('avatar_url');
  });

  it.each([
    ['', '"x"', 'M_INVALID_PARAM'],
    ['nul\0', '"x"', 'M_INVALID_PARAM'],
    ['f'.repeat(256), '"x"', 'M_KEY_TOO_LARGE'],
    ['big', `"${'x'.repeat(65_536)}"`, 'M_PROFILE_TOO_LARGE'],
    ['junk', '{"a":', 'M_BAD_JSON'],
    ['deep', `${'['.repeat(1000)}${']'.repeat(1000)}`, 'M_BAD_JSON'],
  ])('refuse field %j', async (field, value, errcode) => {
    const userId = '@paula2:example.org';
    await registered(userapi.api, 'paula2').catch(() => undefined);
    expect(errcodeOf(await userapi.api.setProfileField({ userId, field, value }))).toBe(errcode);
  });

  it('are refused when all fields together would pass 64 KiB', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'fat');
    const value = `"${'x'.repeat(40_000)}"`;
    expect(errcodeOf(await api.setProfileField({ userId, field: 'one', value }))).toBeUndefined();
    expect(errcodeOf(await api.setProfileField({ userId, field: 'two', value }))).toBe('M_PROFILE_TOO_LARGE');
    expect(errcodeOf(await api.setProfileField({ userId, field: 'one', value }))).toBeUndefined();
  });
});

describe('account data', () => {
  it('is kept apart by user, room and type', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'ada');
    await api.setAccountData({ userId, type: 'm.direct', content: '{"a":1}' });
    await api.setAccountData({ userId, type: 'm.direct', content: '{"a":2}' });
    await api.setAccountData({ userId, roomId: '!r:example.org', type: 'm.tag', content: '{"tags":{}}' });
    const read = async (request: { roomId?: string; types?: string[]; everything?: boolean }) =>
      (await api.getAccountData({ userId, types: [], everything: false, ...request })).items;
    const direct = { roomId: undefined, type: 'm.direct', content: '{"a":2}' };
    const tag = { roomId: '!r:example.org', type: 'm.tag', content: '{"tags":{}}' };
    expect(await read({})).toEqual([direct]);
    expect(await read({ roomId: '!r:example.org' })).toEqual([tag]);
    expect(await read({ types: ['m.other'] })).toEqual([]);
    expect(await read({ everything: true })).toEqual(expect.arrayContaining([direct, tag]));
  });

  it.each([
    ['junk', '{"a":', undefined, 'M_BAD_JSON'],
    ['list', '[]', undefined, 'M_BAD_JSON'],
    ['large', `{"a":"${'x'.repeat(262_144)}"}`, undefined, 'M_TOO_LARGE'],
    ['', '{}', undefined, 'M_INVALID_PARAM'],
    ['nul\0', '{}', undefined, 'M_INVALID_PARAM'],
    ['room', '{}', 'no room', 'M_INVALID_PARAM'],
  ])('refuses %j', async (type, content, roomId, errcode) => {
    await registered(userapi.api, 'ida').catch(() => undefined);
    const userId = '@ida:example.org';
    expect(errcodeOf(await userapi.api.setAccountData({ userId, type, content, roomId }))).toBe(errcode);
  });

  it('of one user ends at 16 MiB, and shrinking makes room again', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'hoarder');
    const content = `{"a":"${'x'.repeat(262_000)}"}`;
    const write = async (type: string, text: string) =>
      errcodeOf(await api.setAccountData({ userId, type, content: text }));
    for (let i = 0; i < 64; i++) expect(await write(`type${i}`, content)).toBeUndefined();
    expect(await write('type64', content)).toBe('M_TOO_LARGE');
    expect(await write('type0', '{}')).toBeUndefined();
    expect(await write('type64', content)).toBeUndefined();
  });

  it('of one user ends at 16 MiB also when every item is small: an item counts more than its text', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'splinter');
    const stored = async () =>
      (
        await database.database.query<{ bytes: number }>(
          sql('test_bytes', 'SELECT account_data_bytes AS bytes FROM userapi.accounts WHERE localpart = $1'),
          ['splinter'],
        )
      )[0]?.bytes;
    await api.setAccountData({ userId, type: 'a', content: '{}' });
    expect(await stored()).toBeGreaterThan(100);
  });
});

describe('the user log', () => {
  it('has every change once, without gaps, in the order of the data, and comes through the stream', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'logged');
    const { head: before } = await api.readLog({ from: 1, to: 0, limit: 1 });
    const seen: UserLogEntry[] = [];
    const consumer = await startLogConsumer(
      streams.connection,
      {
        stream: userLog,
        consumer: 'syncapi',
        loadPosition: async () => before + seen.length,
        readLog: ({ from, to, limit }) => api.readLog({ from, to: to ?? 0, limit }),
        apply: async (entries) => void seen.push(...entries),
        park: async () => undefined,
      },
      testObservability(),
    );
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => api.setAccountData({ userId, type: 'm.counter', content: `{"n":${i}}` })),
    );
    await eventually('all entries consumed', () => seen.length === 50);
    await consumer.stop();
    expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: 50 }, (_, i) => before + 1 + i));
    const { items, position } = await api.getAccountData({ userId, types: ['m.counter'], everything: false });
    expect(seen.at(-1)?.kind).toEqual({
      $case: 'accountData',
      value: { type: 'm.counter', content: items[0]?.content },
    });
    expect(position).toBe(before + 50);
    // Whoever comes late finds every position, and the newest value at the last of them.
    const { entries } = await api.readLog({ from: before + 1, to: 0, limit: 1000 });
    expect(entries.map((entry) => entry.position)).toEqual(seen.map((entry) => entry.position));
    expect(entries.at(-1)?.kind).toEqual(seen.at(-1)?.kind);
  });

  it('grows with what there is, not with what is written: superseded entries and all values are gone', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'overwriter', 'D');
    for (let n = 0; n < 20; n++) {
      await api.setAccountData({ userId, type: 'm.over', content: `{"secret":${n}}` });
      await api.setAccountData({ userId, roomId: '!r:example.org', type: 'm.over', content: `{"secret":${n}}` });
      await api.setProfileField({ userId, field: 'displayname', value: `"Name ${n}"` });
      await api.updateDevice({ userId, deviceId: 'D', displayName: `Phone ${n}` });
    }
    expect(await logOf('overwriter')).toEqual([
      { kind: 'account_created', value: null },
      { kind: 'account_data', value: null },
      { kind: 'account_data', value: null },
      { kind: 'profile', value: null },
      { kind: 'device', value: null },
    ]);
  });

  it('says nothing any more of what was erased, also to consumers that come late', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'erased', 'D');
    const { head } = await api.readLog({ from: 1, to: 0, limit: 1 });
    await api.setAccountData({ userId, type: 'm.private', content: '{"secret":1}' });
    await api.setAccountData({ userId, roomId: '!gone:example.org', type: 'm.private', content: '{"secret":2}' });
    await api.setProfileField({ userId, field: 'displayname', value: '"A secret name"' });
    await api.deleteRoomData({ roomId: '!gone:example.org' });
    await api.deactivateAccount({ userId, erase: true });
    const { entries } = await api.readLog({ from: head + 1, to: 0, limit: 1000 });
    expect(entries.map(({ kind }) => kind?.$case)).toEqual([
      undefined,
      undefined,
      undefined,
      'device',
      'accountDeactivated',
    ]);
    expect(entries.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5].map((n) => head + n));
    expect(JSON.stringify(entries)).not.toContain('secret');
    expect((await logOf('erased')).map(({ kind }) => kind)).toEqual([
      'account_created',
      'device',
      'account_deactivated',
    ]);
  });

  it('is given out in pages that stay small', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'pages');
    const { head } = await api.readLog({ from: 1, to: 0, limit: 1 });
    const content = `{"a":"${'x'.repeat(250_000)}"}`;
    for (let i = 0; i < 12; i++) await api.setAccountData({ userId, type: `m.big${i}`, content });
    const page = await api.readLog({ from: head + 1, to: 0, limit: 1000 });
    expect(page.head).toBe(head + 12);
    expect(page.entries.length).toBeGreaterThan(0);
    expect(page.entries.length).toBeLessThan(12);
    const rest = await api.readLog({ from: head + 1 + page.entries.length, to: head + 12, limit: 1000 });
    expect(page.entries.length + rest.entries.length).toBe(12);
  });
});

/** What the log's table holds about a user. */
function logOf(localpart: string): Promise<{ kind: string; value: string | null }[]> {
  return database.database.query(
    sql('test_log', 'SELECT kind, value FROM userapi.user_log WHERE localpart = $1 ORDER BY position'),
    [localpart],
  );
}
