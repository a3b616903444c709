import { service as appservice } from '@plexus/appservice';
import { service as roomserver } from '@plexus/roomserver';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, eventually, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { service as clientapi } from './index.ts';

const password = 'correct horse battery staple';
const v3 = '/_matrix/client/v3';

interface Person {
  readonly userId: string;
  readonly token: string;
}

let cluster: Cluster;
let alice: Person;
let bob: Person;
let people = 0;

beforeAll(async () => {
  cluster = await startCluster({ services: [userapi, roomserver, appservice, typing, syncapi, clientapi] });
});

beforeEach(async () => {
  [alice, bob] = await Promise.all([registered(), registered()]);
});

afterAll(() => cluster.stop());

async function call(method: string, path: string, { token, body }: { token?: string; body?: unknown } = {}) {
  const response = await fetch(`${cluster.baseUrl}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: Record<string, unknown> & unknown[] = JSON.parse(await response.text());
  return { status: response.status, body: answer };
}

async function registered(): Promise<Person> {
  people += 1;
  const body = { username: `person${people}`, password, auth: { type: 'm.login.dummy' } };
  const { body: account } = await call('POST', `${v3}/register`, { body });
  return { userId: String(account['user_id']), token: String(account['access_token']) };
}

async function ok(method: string, path: string, token: string, body?: unknown) {
  const answer = await call(method, path, { token, body });
  expect(answer, `${method} ${path}`).toMatchObject({ status: 200 });
  return answer.body;
}

async function roomOf(token: string, body: object = {}): Promise<string> {
  const answer = await ok('POST', `${v3}/createRoom`, token, body);
  return `${v3}/rooms/${encodeURIComponent(String(answer['room_id']))}`;
}

const part = encodeURIComponent;

describe.each(['10', '11', '12'])('in a room of version %s', (room_version) => {
  test('what was written is read back at once', async () => {
    const room = await roomOf(alice.token, { room_version, name: 'Tea', invite: [bob.userId] });
    await ok('POST', `${room}/join`, bob.token, {});
    const sent = await ok('PUT', `${room}/send/m.room.message/1`, alice.token, { msgtype: 'm.text', body: 'hi' });
    const event = `${room}/event/${part(String(sent['event_id']))}`;
    expect(await ok('GET', event, bob.token)).toMatchObject({ content: { body: 'hi' }, sender: alice.userId });
    await ok('PUT', `${room}/state/m.room.topic`, alice.token, { topic: 'Leaves' });
    expect(await ok('GET', `${room}/state/m.room.topic/`, bob.token)).toEqual({ topic: 'Leaves' });
    await ok('PUT', `${room}/redact/${part(String(sent['event_id']))}/2`, alice.token, { reason: 'no' });
    expect(await ok('GET', event, bob.token)).toMatchObject({
      content: {},
      unsigned: { redacted_because: { type: 'm.room.redaction' } },
    });
    const joined = await ok('GET', `${room}/joined_members`, alice.token);
    expect(Object.keys(Object(joined['joined'])).sort()).toEqual([alice.userId, bob.userId].sort());
  });

  test('a transaction sent twice is one event', async () => {
    const room = await roomOf(alice.token, { room_version });
    const send = () => ok('PUT', `${room}/send/m.room.message/same`, alice.token, { body: 'x' });
    const [one, two] = await Promise.all([send(), send()]);
    expect(one).toEqual(two);
  });

  test('a trusted friend may do what the creator may', async () => {
    const room = await roomOf(alice.token, { room_version, preset: 'trusted_private_chat', invite: [bob.userId] });
    await ok('POST', `${room}/join`, bob.token, {});
    const levels = await ok('GET', `${room}/state/m.room.power_levels`, bob.token);
    await ok('PUT', `${room}/state/m.room.power_levels`, bob.token, Object.assign({}, levels, { invite: 75 }));
  });

  test('kick, ban and unban each do their own', async () => {
    const room = await roomOf(alice.token, { room_version, preset: 'public_chat' });
    const target = { user_id: bob.userId };
    const refused = { status: 403, body: { errcode: 'M_FORBIDDEN' } };
    const alices = (what: string) => call('POST', `${room}/${what}`, { token: alice.token, body: target });
    expect(await alices('kick')).toMatchObject(refused);
    await ok('POST', `${room}/join`, bob.token, {});
    expect(await alices('unban')).toMatchObject(refused);
    expect(await alices('kick')).toMatchObject({ status: 200 });
    expect(await alices('ban')).toMatchObject({ status: 200 });
    expect(await alices('kick')).toMatchObject(refused);
    expect(await call('POST', `${room}/join`, { token: bob.token, body: {} })).toMatchObject(refused);
    expect(await alices('unban')).toMatchObject({ status: 200 });
    await ok('POST', `${room}/join`, bob.token, {});
  });
});

describe('strangers', () => {
  test('read neither state nor events, and change nothing', async () => {
    const room = await roomOf(alice.token);
    const sent = await ok('PUT', `${room}/send/m.room.message/1`, alice.token, { body: 'x' });
    for (const path of ['state', 'state/m.room.create/', 'members', 'joined_members', 'aliases'])
      expect(await call('GET', `${room}/${path}`, { token: bob.token })).toMatchObject({ status: 403 });
    const event = `${room}/event/${part(String(sent['event_id']))}`;
    expect(await call('GET', event, { token: bob.token })).toMatchObject({ status: 404 });
    const send = await call('PUT', `${room}/send/m.room.message/1`, { token: bob.token, body: {} });
    expect(send).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(
      await call('PUT', `${room}/typing/${part(bob.userId)}`, { token: bob.token, body: { typing: true } }),
    ).toMatchObject({
      status: 403,
    });
  });

  test('who left reads the state as it was then', async () => {
    const room = await roomOf(alice.token, { preset: 'public_chat', topic: 'before' });
    await ok('POST', `${room}/join`, bob.token, {});
    await ok('POST', `${room}/leave`, bob.token, {});
    await ok('PUT', `${room}/state/m.room.topic`, alice.token, { topic: 'after' });
    expect(await ok('GET', `${room}/state/m.room.topic`, bob.token)).toMatchObject({ topic: 'before' });
    expect(await ok('GET', `${room}/state/m.room.topic`, alice.token)).toMatchObject({ topic: 'after' });
  });

  test('a world-readable room is read by all', async () => {
    const initial_state = [{ type: 'm.room.history_visibility', content: { history_visibility: 'world_readable' } }];
    const room = await roomOf(alice.token, { name: 'Open', initial_state });
    expect(await ok('GET', `${room}/state/m.room.name`, bob.token)).toEqual({ name: 'Open' });
  });
});

test('createRoom makes all of a room or none of it', async () => {
  const before = await ok('GET', `${v3}/joined_rooms`, alice.token);
  const bad = [
    { room_alias_name: 'x'.repeat(400) },
    { power_level_content_override: { users: { nobody: 1 } } },
    { initial_state: [{ type: 'm.room.power_levels', content: { users_default: 'x' } }] },
  ];
  for (const body of bad) {
    const { status } = await call('POST', `${v3}/createRoom`, { token: alice.token, body });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  }
  expect(await ok('GET', `${v3}/joined_rooms`, alice.token)).toEqual(before);
});

test('an alias leads to its room, belongs to one room, and can be taken away', async () => {
  const name = `tea${people}`;
  const alias = part(`#${name}:plexus.test`);
  const room = await roomOf(alice.token, { room_alias_name: name, preset: 'public_chat' });
  const again = await call('POST', `${v3}/createRoom`, { token: bob.token, body: { room_alias_name: name } });
  expect(again).toMatchObject({ status: 400, body: { errcode: 'M_ROOM_IN_USE' } });
  const joined = await ok('POST', `${v3}/join/${alias}`, bob.token, {});
  expect(room).toContain(part(String(joined['room_id'])));
  await ok('DELETE', `${v3}/directory/room/${alias}`, alice.token);
  expect(await call('GET', `${v3}/directory/room/${alias}`)).toMatchObject({ status: 404 });
});

test('a new name is the one that all joined rooms show', async () => {
  const rooms = await Promise.all([roomOf(alice.token), roomOf(alice.token)]);
  await ok('PUT', `${v3}/profile/${part(alice.userId)}/displayname`, alice.token, { displayname: 'Alice in Tealand' });
  for (const room of rooms)
    expect(await ok('GET', `${room}/state/m.room.member/${part(alice.userId)}`, alice.token)).toMatchObject({
      displayname: 'Alice in Tealand',
      membership: 'join',
    });
});

test('a session ends where it is ended, and a device goes with the password only', async () => {
  const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: alice.userId }, password };
  const second = (await call('POST', `${v3}/login`, { body: login })).body;
  const device = `${v3}/devices/${part(String(second['device_id']))}`;
  const asked = await call('DELETE', device, { token: alice.token, body: {} });
  expect(asked.status).toBe(401);
  const auth = { ...login, session: asked.body['session'] };
  await ok('DELETE', device, alice.token, { auth });
  const whoami = (token: unknown) => call('GET', `${v3}/account/whoami`, { token: String(token) });
  expect(await whoami(second['access_token'])).toMatchObject({ status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } });
  expect(await whoami(alice.token)).toMatchObject({ status: 200 });
  await ok('POST', `${v3}/logout`, alice.token, {});
  expect(await whoami(alice.token)).toMatchObject({ status: 401 });
});

test('push rules and account data are kept', async () => {
  const rule = `${v3}/pushrules/global/underride/.m.rule.message`;
  await ok('PUT', `${rule}/actions`, alice.token, { actions: [] });
  expect(await ok('GET', `${rule}/actions`, alice.token)).toEqual({ actions: [] });
  const data = `${v3}/user/${part(alice.userId)}/account_data/org.x`;
  await ok('PUT', data, alice.token, { a: [0.5, { __proto__x: null }] });
  expect(await ok('GET', data, alice.token)).toEqual({ a: [0.5, { __proto__x: null }] });
});

test('tags are set, read and taken away one by one', async () => {
  const room = await roomOf(alice.token);
  const tags = `${v3}/user/${part(alice.userId)}/rooms/${room.slice(`${v3}/rooms/`.length)}/tags`;
  await ok('PUT', `${tags}/m.favourite`, alice.token, { order: 0.25 });
  await ok('PUT', `${tags}/u.work`, alice.token, {});
  expect(await ok('GET', tags, alice.token)).toEqual({ tags: { 'm.favourite': { order: 0.25 }, 'u.work': {} } });
  await ok('DELETE', `${tags}/m.favourite`, alice.token);
  expect(await ok('GET', tags, alice.token)).toEqual({ tags: { 'u.work': {} } });
});

test('receipts and typing are taken from members', async () => {
  const room = await roomOf(alice.token);
  const { event_id } = await ok('PUT', `${room}/send/m.room.message/1`, alice.token, { body: 'x' });
  await ok('POST', `${room}/receipt/m.read/${part(String(event_id))}`, alice.token, {});
  await ok('POST', `${room}/read_markers`, alice.token, { 'm.fully_read': event_id });
  await ok('PUT', `${room}/typing/${part(alice.userId)}`, alice.token, { typing: true, timeout: 1000 });
  const { rooms } = await cluster.clients.typing.getTyping({ roomIds: [] });
  expect(rooms.flatMap(({ userIds }) => userIds)).toContain(alice.userId);
});

const idOf = (room: string) => decodeURIComponent(room.slice(`${v3}/rooms/`.length));

test('who leaves, is kicked, is banned or sets that as state is seen typing no longer', async () => {
  const room = await roomOf(alice.token, { preset: 'public_chat' });
  const roomId = idOf(room);
  const typists = async () => (await cluster.clients.typing.getTyping({ roomIds: [roomId] })).rooms[0]?.userIds;
  const target = { user_id: bob.userId };
  const departures = [
    () => ok('POST', `${room}/leave`, bob.token, {}),
    () => ok('POST', `${room}/kick`, alice.token, target),
    () => ok('PUT', `${room}/state/m.room.member/${part(bob.userId)}`, alice.token, { membership: 'leave' }),
    () => ok('POST', `${room}/ban`, alice.token, target),
  ];
  for (const depart of departures) {
    await ok('POST', `${room}/join`, bob.token, {});
    const typing = { typing: true, timeout: 120_000 };
    await ok('PUT', `${room}/typing/${part(bob.userId)}`, bob.token, typing);
    await ok('PUT', `${room}/typing/${part(alice.userId)}`, alice.token, typing);
    const seen = async () => {
      const { rooms } = await ok('GET', `${v3}/sync`, alice.token);
      return JSON.stringify(Object(rooms).join[roomId].ephemeral).includes(bob.userId);
    };
    await eventually('bob is seen typing', seen);
    await depart();
    await eventually('bob types no longer', async () => !(await seen()));
    expect(await typists()).toEqual([alice.userId]);
  }
});

describe('the settings of a room', () => {
  const settings = (room: string, { userId, token }: Person) => ({
    tag: () => ok('PUT', `${v3}/user/${part(userId)}/rooms/${part(idOf(room))}/tags/u.work`, token, {}),
    mute: () => ok('PUT', `${v3}/pushrules/global/room/${part(idOf(room))}`, token, { actions: [] }),
    direct: () => ok('PUT', `${v3}/user/${part(userId)}/account_data/m.direct`, token, { '@c:d': [idOf(room)] }),
    read: async () => {
      const tags = await ok('GET', `${v3}/user/${part(userId)}/rooms/${part(idOf(room))}/tags`, token);
      const rule = await call('GET', `${v3}/pushrules/global/room/${part(idOf(room))}`, { token });
      const direct = await call('GET', `${v3}/user/${part(userId)}/account_data/m.direct`, { token });
      const isDirect = JSON.stringify(direct.body).includes(idOf(room));
      return { tags: Object.keys(Object(tags['tags'])), isMuted: rule.status === 200, isDirect };
    },
  });
  const all = { tags: ['u.work'], isMuted: true, isDirect: true };
  const none = { tags: [], isMuted: false, isDirect: false };

  async function usedRoom(): Promise<string> {
    const room = await roomOf(alice.token, { preset: 'public_chat' });
    await ok('POST', `${room}/join`, bob.token, {});
    for (const person of [alice, bob]) {
      const { tag, mute, direct } = settings(room, person);
      await tag();
      await mute();
      await direct();
    }
    return room;
  }

  test('go to no room that only claims to replace it', async () => {
    const room = await usedRoom();
    const mallory = await registered();
    const creation_content = { predecessor: { room_id: idOf(room), event_id: '$x' } };
    const fake = await roomOf(mallory.token, { preset: 'public_chat', creation_content });
    await ok('POST', `${fake}/join`, bob.token, {});
    expect(await settings(fake, bob).read()).toEqual(none);
    const replaced = { body: 'moved', replacement_room: idOf(await roomOf(alice.token)) };
    await ok('PUT', `${room}/state/m.room.tombstone`, alice.token, replaced);
    await ok('POST', `${fake}/leave`, bob.token, {});
    await ok('POST', `${fake}/join`, bob.token, {});
    expect(await settings(fake, bob).read()).toEqual(none);
  });

  test('go to the room that its creator says replaces it, and for others to the one that the tombstone names', async () => {
    const room = await usedRoom();
    const creation_content = { predecessor: { room_id: idOf(room) } };
    const next = await roomOf(alice.token, { preset: 'public_chat', creation_content });
    expect(await settings(next, alice).read()).toEqual(all);
    const replaced = { body: 'moved', replacement_room: idOf(next) };
    await ok('PUT', `${room}/state/m.room.tombstone`, alice.token, replaced);
    await ok('POST', `${next}/join`, bob.token, {});
    expect(await settings(next, bob).read()).toEqual(all);
    const stranger = await registered();
    await roomOf(stranger.token, { creation_content });
    expect(await settings(next, alice).read()).toEqual(all);
  });

  test('go to the room of an upgrade', async () => {
    const room = await usedRoom();
    const { replacement_room } = await ok('POST', `${room}/upgrade`, alice.token, { new_version: '12' });
    const next = `${v3}/rooms/${part(String(replacement_room))}`;
    expect(await settings(next, alice).read()).toEqual(all);
    await ok('POST', `${next}/join`, bob.token, {});
    expect(await settings(next, bob).read()).toEqual(all);
  });
});

test('a member event that is set as state is judged as the request that is made for it', async () => {
  const room = await roomOf(alice.token, { preset: 'public_chat' });
  const set = async (target: string, membership: string) =>
    (await call('PUT', `${room}/state/m.room.member/${part(target)}`, { token: alice.token, body: { membership } }))
      .status;
  expect([await set('notauser', 'invite'), await set('@nobody:plexus.test', 'leave')]).toEqual([400, 403]);
  expect(await set('@bob:elsewhere.example', 'invite')).toBe(403);
  const asState = { type: 'm.room.member', state_key: 'notauser', content: { membership: 'invite' } };
  const body = { initial_state: [asState] };
  expect(await call('POST', `${v3}/createRoom`, { token: alice.token, body })).toMatchObject({ status: 400 });
  await ok('POST', `${room}/join`, bob.token, {});
  for (let times = 0; times < 2; times++) await ok('POST', `${room}/leave`, bob.token, {});
});

test('a room that is knocked at lets in who is invited then', async () => {
  const initial_state = [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }];
  const room = await roomOf(alice.token, { initial_state });
  await ok('POST', `${v3}/knock/${part(idOf(room))}`, bob.token, { reason: 'tea' });
  const own = `${room}/state/m.room.member/${part(bob.userId)}`;
  expect(await ok('GET', own, alice.token)).toMatchObject({ membership: 'knock', reason: 'tea' });
  await ok('POST', `${room}/invite`, alice.token, { user_id: bob.userId });
  await ok('POST', `${room}/join`, bob.token, {});
  const closed = await roomOf(alice.token);
  const refused = await call('POST', `${v3}/knock/${part(idOf(closed))}`, { token: bob.token, body: {} });
  expect(refused).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
});
