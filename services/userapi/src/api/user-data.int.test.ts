import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
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
  });

  it('is given out in pages that stay small', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'pages');
    const { head } = await api.readLog({ from: 1, to: 0, limit: 1 });
    const content = `{"a":"${'x'.repeat(250_000)}"}`;
    for (let i = 0; i < 12; i++) await api.setAccountData({ userId, type: 'm.big', content });
    const page = await api.readLog({ from: head + 1, to: 0, limit: 1000 });
    expect(page.head).toBe(head + 12);
    expect(page.entries.length).toBeGreaterThan(0);
    expect(page.entries.length).toBeLessThan(12);
    const rest = await api.readLog({ from: head + 1 + page.entries.length, to: head + 12, limit: 1000 });
    expect(page.entries.length + rest.entries.length).toBe(12);
  });
});
