import { service as appservice } from '@plexus/appservice';
import { service as clientapi } from '@plexus/clientapi';
import { sql } from '@plexus/postgres';
import { service as roomserver } from '@plexus/roomserver';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, eventually, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const v3 = '/_matrix/client/v3';
const password = 'correct horse battery staple';
const part = encodeURIComponent;

interface Person {
  readonly userId: string;
  readonly token: string;
  readonly name: string;
}

const countDepartures = sql('test_departures', 'SELECT count(*) AS left FROM userapi.departures');

let cluster: Cluster;
let alice: Person;
let bob: Person;
let people = 0;

beforeAll(async () => {
  cluster = await startCluster({ services: [userapi, roomserver, typing, appservice, syncapi, clientapi] });
});
afterAll(() => cluster.stop());

beforeEach(async () => {
  [alice, bob] = await Promise.all([newPerson('alice'), newPerson('bob')]);
});

async function call(method: string, path: string, { token, body }: { token?: string; body?: unknown } = {}) {
  const response = await fetch(cluster.baseUrl + path, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: Record<string, unknown> = Object(await response.json());
  return { status: response.status, body: answer };
}

async function ok(method: string, path: string, token: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await call(method, path, { token, body });
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

async function newPerson(kind: string): Promise<Person> {
  const name = `${kind}${++people}`;
  const body = { username: name, password, auth: { type: 'm.login.dummy' } };
  const registered = await call('POST', `${v3}/register`, { body });
  return { name, userId: String(registered.body['user_id']), token: String(registered.body['access_token']) };
}

async function newRoom(options: object = {}): Promise<string> {
  const { room_id: roomId } = await ok('POST', `${v3}/createRoom`, alice.token, { preset: 'public_chat', ...options });
  return String(roomId);
}

async function deactivate({ token, userId }: Person, body: object = {}, given = password) {
  const asked = await call('POST', `${v3}/account/deactivate`, { token, body });
  const identifier = { type: 'm.id.user', user: userId };
  const auth = { type: 'm.login.password', identifier, password: given, session: asked.body['session'] };
  return call('POST', `${v3}/account/deactivate`, { token, body: { ...body, auth } });
}

describe('deactivation', () => {
  test('needs the password, and then leaves nothing of the account but its name', async () => {
    expect(await deactivate(bob, {}, 'guess')).toMatchObject({ status: 401, body: { errcode: 'M_FORBIDDEN' } });
    await ok('GET', `${v3}/account/whoami`, bob.token);
    expect(await deactivate(bob)).toEqual({ status: 200, body: { id_server_unbind_result: 'success' } });
    expect(await call('GET', `${v3}/account/whoami`, { token: bob.token })).toMatchObject({ status: 401 });
    const login = { type: 'm.login.password', user: bob.name, password };
    expect(await call('POST', `${v3}/login`, { body: login })).toMatchObject({ status: 403 });
    const again = { username: bob.name, password, auth: { type: 'm.login.dummy' } };
    expect(await call('POST', `${v3}/register`, { body: again })).toMatchObject({
      status: 400,
      body: { errcode: 'M_USER_IN_USE' },
    });
    expect((await call('GET', `${v3}/profile/${part(bob.userId)}`)).body).toMatchObject({ displayname: bob.name });
  });

  test('with erase takes the profile too', async () => {
    expect(await deactivate(bob, { erase: true })).toMatchObject({ status: 200 });
    expect((await call('GET', `${v3}/profile/${part(bob.userId)}`)).status).toBe(404);
  });

  test('leaves every room that the user was in, invited to, or knocked at', async () => {
    const rooms = await Promise.all(Array.from({ length: 23 }, () => newRoom()));
    for (const roomId of rooms) await ok('POST', `${v3}/join/${part(roomId)}`, bob.token, {});
    const invited = await newRoom({ invite: [bob.userId] });
    expect(await deactivate(bob)).toMatchObject({ status: 200 });
    const memberIn = async (roomId: string) =>
      (await ok('GET', `${v3}/rooms/${part(roomId)}/state/m.room.member/${part(bob.userId)}`, alice.token))[
        'membership'
      ];
    await eventually(
      'bob has left',
      async () => {
        const { memberships } = await cluster.clients.roomserver.queryMemberships({
          userIds: [bob.userId],
          memberships: ['join', 'invite', 'knock'],
          roomIds: [],
        });
        return memberships.length === 0;
      },
      20_000,
    );
    for (const roomId of [...rooms.slice(0, 2), invited]) expect(await memberIn(roomId)).toBe('leave');
    await eventually('nothing is left to do', async () => {
      const metrics = await cluster.database.query<{ left: number }>(countDepartures, []);
      return metrics[0]?.left === 0;
    });
  });

  test('of a user of whom processes hold sessions is effective at once, and its data are gone', async () => {
    const data = `${v3}/user/${part(bob.userId)}/account_data/org.x`;
    await ok('PUT', data, bob.token, { a: 1 });
    await deactivate(bob);
    expect(await call('GET', data, { token: bob.token })).toMatchObject({
      status: 401,
      body: { errcode: 'M_UNKNOWN_TOKEN' },
    });
    const asked = { userId: bob.userId, types: [], everything: true };
    expect((await cluster.clients.userapi.getAccountData(asked)).items).toEqual([]);
  });
});

describe('what clients ask for as soon as they start has an answer', () => {
  test('pushers: stored, listed, deleted with kind null, and gone with their session', async () => {
    const pusher = {
      app_id: 'org.example.app',
      pushkey: `key of ${alice.name}`,
      kind: 'http',
      app_display_name: 'Example',
      device_display_name: 'Phone',
      lang: 'en',
      data: { url: 'https://push.example.org/_matrix/push/v1/notify', format: 'event_id_only' },
    };
    const list = async (token: string) => (await ok('GET', `${v3}/pushers`, token))['pushers'];
    expect(await list(alice.token)).toEqual([]);
    await ok('POST', `${v3}/pushers/set`, alice.token, { ...pusher, append: false });
    expect(await list(alice.token)).toEqual([pusher]);
    await ok('POST', '/_matrix/client/r0/pushers/set', alice.token, { ...pusher, kind: null });
    expect(await list(alice.token)).toEqual([]);
    const login = { type: 'm.login.password', user: alice.name, password };
    const second = (await call('POST', `${v3}/login`, { body: login })).body;
    await ok('POST', `${v3}/pushers/set`, String(second['access_token']), pusher);
    await ok('POST', `${v3}/logout`, String(second['access_token']), {});
    expect(await list(alice.token)).toEqual([]);
  });

  test.each([
    [{ kind: 'carrier pigeon' }, 'M_INVALID_PARAM'],
    [{ data: { url: 'ftp://x/_matrix/push/v1/notify' } }, 'M_INVALID_PARAM'],
    [{ data: { url: 'https://push.example.org/other' } }, 'M_INVALID_PARAM'],
    [{ data: {} }, 'M_MISSING_PARAM'],
    [{ pushkey: 'x'.repeat(513) }, 'M_INVALID_PARAM'],
    [{ app_id: undefined }, 'M_MISSING_PARAM'],
    [{ kind: 'email', pushkey: 'somebody@example.org' }, 'M_THREEPID_NOT_FOUND'],
  ])('a pusher with %j is refused', async (over, errcode) => {
    const pusher = {
      app_id: 'a',
      pushkey: 'k',
      kind: 'http',
      app_display_name: 'A',
      device_display_name: 'D',
      lang: 'en',
      data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
    };
    const answer = await call('POST', `${v3}/pushers/set`, { token: alice.token, body: { ...pusher, ...over } });
    expect(answer).toMatchObject({ status: 400, body: { errcode } });
  });

  test('third-party identifiers, under v3 and r0', async () => {
    for (const version of ['v3', 'r0'])
      expect(await ok('GET', `/_matrix/client/${version}/account/3pid`, alice.token)).toEqual({ threepids: [] });
  });

  test('push rules as account data: read, and written by their own operations alone', async () => {
    const data = `${v3}/user/${part(alice.userId)}/account_data/m.push_rules`;
    const rules = await ok('GET', data, alice.token);
    expect(rules).toEqual(await ok('GET', `${v3}/pushrules/`, alice.token));
    expect(await call('PUT', data, { token: alice.token, body: {} })).toMatchObject({
      status: 405,
      body: { errcode: 'M_BAD_JSON' },
    });
    const rule = `${v3}/pushrules/global/override/quiet`;
    await ok('PUT', rule, alice.token, { actions: ['dont_notify'], conditions: [] });
    expect(await ok('GET', `${rule}/actions`, alice.token)).toEqual({ actions: ['dont_notify'] });
    expect(JSON.stringify(await ok('GET', data, alice.token))).toContain('dont_notify');
  });

  test('presence: held, and shown to those who share a room', async () => {
    const status = (user: Person) => `${v3}/presence/${part(user.userId)}/status`;
    expect(await ok('GET', status(alice), alice.token)).toEqual({ presence: 'offline' });
    await ok('PUT', status(alice), alice.token, { presence: 'online', status_msg: 'At tea' });
    const shown = await ok('GET', `/_matrix/client/r0/presence/${part(alice.userId)}/status`, alice.token);
    expect(shown).toMatchObject({ presence: 'online', status_msg: 'At tea', currently_active: true });
    expect(await call('GET', status(alice), { token: bob.token })).toMatchObject({ status: 403 });
    await ok('POST', `${v3}/join/${part(await newRoom())}`, bob.token, {});
    expect(await ok('GET', status(alice), bob.token)).toMatchObject({ presence: 'online' });
    await ok('PUT', status(alice), alice.token, { presence: 'unavailable' });
    expect(await ok('GET', status(alice), bob.token)).not.toHaveProperty('status_msg');
    expect(await call('PUT', status(alice), { token: bob.token, body: { presence: 'online' } })).toMatchObject({
      status: 403,
    });
    expect(await call('PUT', status(alice), { token: alice.token, body: { presence: 'asleep' } })).toMatchObject({
      status: 400,
    });
  });
});
