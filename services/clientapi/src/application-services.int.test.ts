import { service as appservice } from '@plexus/appservice';
import { service as roomserver } from '@plexus/roomserver';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { service as clientapi } from './index.ts';
import { type ListeningBridge, listenAsBridge, registrationFiles } from './testing/application-services.ts';

const v3 = '/_matrix/client/v3';
const part = encodeURIComponent;

let bridge: ListeningBridge;
let cluster: Cluster;
let registrations: Awaited<ReturnType<typeof registrationFiles>>;
let alice: string;

beforeAll(async () => {
  bridge = await listenAsBridge();
  registrations = await registrationFiles([
    {
      id: 'irc',
      url: bridge.url,
      protocols: ['irc'],
      users: [{ regex: '@irc_.*:example\\.org', exclusive: true }],
      aliases: [{ regex: '\\#irc_.*:example\\.org', exclusive: true }],
    },
    {
      id: 'xmpp',
      users: [{ regex: '@(xmpp|irc)_.*', exclusive: false }],
      aliases: [{ regex: '#(xmpp|irc)_.*', exclusive: false }],
    },
  ]);
  cluster = await startCluster({
    services: [userapi, roomserver, appservice, typing, syncapi, clientapi],
    config: {
      serverName: 'example.org',
      appservices: registrations.files,
      rateLimits: { enabled: true, classes: { registration: { perSecond: 0.001, burst: 12 } } },
    },
  });
  alice = String((await registered('alice')).body['access_token']);
});

afterAll(async () => {
  await cluster?.stop();
  await bridge?.close();
  await registrations?.remove();
});

async function call(method: string, path: string, token?: string, body?: unknown) {
  const response = await fetch(`${cluster.baseUrl}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: Record<string, unknown> = JSON.parse(await response.text());
  return { status: response.status, body: answer };
}

function registered(username: string) {
  const body = { username, password: 'correct horse battery staple', auth: { type: 'm.login.dummy' } };
  return call('POST', `${v3}/register`, undefined, body);
}

function ghost(username: string, query = '', token = 'irc-as', more: object = {}) {
  const body = { type: 'm.login.application_service', username, inhibit_login: true, ...more };
  return call('POST', `${v3}/register${query}`, token, body);
}

const refused = (errcode: string, status = 400) => ({ status, body: { errcode } });

describe('an operation that creates what the identity assertion names', () => {
  test('does not require that it exists: a bridge registers its ghosts as every framework does', async () => {
    const assertion = `user_id=${part('@irc_bob:example.org')}`;
    const device = 'device_id=NEW&org.matrix.msc3202.device_id=NEW';
    const made = await ghost('irc_bob', `?kind=user&${assertion}&${device}`);
    expect(made).toEqual({ status: 200, body: { user_id: '@irc_bob:example.org', home_server: 'example.org' } });
    expect(await call('GET', `${v3}/account/whoami?${assertion}`, 'irc-as')).toMatchObject({
      status: 200,
      body: { user_id: '@irc_bob:example.org' },
    });
    expect(await ghost('irc_bob', `?${assertion}`)).toMatchObject(refused('M_USER_IN_USE'));
  });

  test('requires that what is created is in the namespace, whatever is asserted', async () => {
    const assertion = `?user_id=${part('@irc_bob:example.org')}`;
    expect(await ghost('carol', assertion)).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await ghost('irc_by_xmpp', '', 'xmpp-as')).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await ghost('xmpp_dave', '', 'xmpp-as')).toMatchObject({ status: 200 });
  });

  test('gives a session unless that is inhibited, and signs in to it later', async () => {
    const made = await ghost('irc_eve', '', 'irc-as', { inhibit_login: false, device_id: 'FIRST' });
    expect(made).toMatchObject({ status: 200, body: { device_id: 'FIRST', access_token: expect.any(String) } });
    const login = (user: string, token: string) =>
      call('POST', `${v3}/login?user_id=${part('@irc_not_yet:example.org')}`, token, {
        type: 'm.login.application_service',
        identifier: { type: 'm.id.user', user },
      });
    expect(await login('irc_eve', 'irc-as')).toMatchObject({ status: 200, body: { user_id: '@irc_eve:example.org' } });
    expect(await login('alice', 'irc-as')).toMatchObject(refused('M_FORBIDDEN', 403));
  });

  test('takes what bridges of old and other networks write', async () => {
    const old = { type: 'm.login.application_service', user: 'irc_Old[x]', inhibit_login: true };
    expect(await call('POST', `${v3}/register`, 'irc-as', old)).toMatchObject({
      body: { user_id: '@irc_Old[x]:example.org' },
    });
    const acting = `${v3}/account/whoami?user_id=${part('@irc_Old[x]:example.org')}`;
    expect(await call('GET', acting, 'irc-as')).toMatchObject({ status: 200 });
  });

  test('makes as many ghosts as the network has, also of a bridge that is rate limited', async () => {
    for (let i = 0; i < 20; i++) expect(await ghost(`irc_many${i}`)).toMatchObject({ status: 200 });
  });

  test('every other operation requires that it exists', async () => {
    const path = `${v3}/account/whoami?user_id=${part('@irc_nobody:example.org')}`;
    expect(await call('GET', path, 'irc-as')).toMatchObject(refused('M_FORBIDDEN', 403));
  });
});

describe('a registration that is not understood is refused, and nobody is registered', () => {
  test.each([
    ['kind=nonsense', 'M_INVALID_PARAM', 400],
    ['kind=', 'M_INVALID_PARAM', 400],
    ['kind=guest', 'M_GUEST_ACCESS_FORBIDDEN', 403],
  ])('%s: %s', async (query, errcode, status) => {
    expect(await ghost('irc_kind', `?${query}`)).toMatchObject(refused(errcode, status));
    const body = { username: 'kind', password: 'correct horse battery staple', auth: { type: 'm.login.dummy' } };
    expect(await call('POST', `${v3}/register?${query}`, undefined, body)).toMatchObject(refused(errcode, status));
    expect(await call('GET', `${v3}/profile/@kind:example.org`)).toMatchObject(refused('M_NOT_FOUND', 404));
  });

  test('an application service names the type, and nobody else does', async () => {
    expect(await ghost('irc_typeless', '', 'irc-as', { type: undefined })).toMatchObject(refused('M_INVALID_PARAM'));
    expect(await ghost('irc_human', '', alice)).toMatchObject(refused('M_FORBIDDEN', 403));
    expect(await ghost('irc_unknown', '', 'guess')).toMatchObject(refused('M_UNKNOWN_TOKEN', 401));
  });
});

describe('an exclusive namespace holds on every path', () => {
  const humans = () => [alice];
  const inside = '#irc_chat:example.org';
  let roomId: string;

  beforeAll(async () => {
    roomId = String((await call('POST', `${v3}/createRoom`, alice, {})).body['room_id']);
  });

  const setAlias = (alias: string, token: string, room = roomId) =>
    call('PUT', `${v3}/directory/room/${part(alias)}`, token, { room_id: room });
  const deleteAlias = (alias: string, token: string) => call('DELETE', `${v3}/directory/room/${part(alias)}`, token);

  test('users: open registration, the check before it, and administrators', async () => {
    expect(await registered('irc_human')).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await registered('irc_sender')).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await call('GET', `${v3}/register/available?username=irc_human`)).toMatchObject(refused('M_EXCLUSIVE'));
    const wanted = { localpart: 'irc_admin', password: 'correct horse', admin: true, inhibitLogin: true };
    expect((await cluster.clients.userapi.register(wanted)).result).toMatchObject({
      $case: 'error',
      value: { errcode: 'M_EXCLUSIVE' },
    });
  });

  test('users: a bridge with the same names in a namespace of its own does not sign in to them', async () => {
    await ghost('irc_signed_in');
    const login = (token: string) =>
      call('POST', `${v3}/login`, token, {
        type: 'm.login.application_service',
        identifier: { type: 'm.id.user', user: 'irc_signed_in' },
      });
    expect(await login('xmpp-as')).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await login('irc-as')).toMatchObject({ status: 200 });
  });

  test('aliases: nobody but the bridge creates one, by whatever operation', async () => {
    for (const token of [...humans(), 'xmpp-as']) {
      expect(await setAlias(inside, token)).toMatchObject(refused('M_EXCLUSIVE'));
      const created = await call('POST', `${v3}/createRoom`, token, { room_alias_name: 'irc_chat' });
      expect(created).toMatchObject(refused('M_EXCLUSIVE'));
    }
    const found = await call('GET', `${v3}/directory/room/${part(inside)}`);
    expect(found).toMatchObject(refused('M_NOT_FOUND', 404));
    const made = await call('POST', `${v3}/createRoom`, 'irc-as', { room_alias_name: 'irc_chat' });
    expect(made).toMatchObject({ status: 200 });
  });

  test('aliases: nobody but the bridge deletes one', async () => {
    for (const token of [...humans(), 'xmpp-as'])
      expect(await deleteAlias(inside, token)).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await deleteAlias(inside, 'irc-as')).toMatchObject({ status: 200 });
  });

  test('aliases: a bridge has no say outside its own namespaces', async () => {
    const outside = '#tea:example.org';
    const room = String((await call('POST', `${v3}/createRoom`, 'irc-as', {})).body['room_id']);
    expect(await setAlias(outside, 'irc-as', room)).toMatchObject(refused('M_EXCLUSIVE'));
    expect(await call('POST', `${v3}/createRoom`, 'irc-as', { room_alias_name: 'tea' })).toMatchObject(
      refused('M_EXCLUSIVE'),
    );
    expect(await setAlias(outside, alice)).toMatchObject({ status: 200 });
    expect(await deleteAlias(outside, 'irc-as')).toMatchObject(refused('M_EXCLUSIVE'));
  });

  test('one that is not exclusive is open to humans too', async () => {
    expect(await registered('xmpp_human')).toMatchObject({ status: 200 });
    expect(await setAlias('#xmpp_chat:example.org', alice)).toMatchObject({ status: 200 });
  });
});

describe('a bridge is asked about an invited ghost that does not exist', () => {
  const ghosts = (name: string) => `@irc_${name}:example.org`;
  const created = async (method: string, path: string) => {
    const [, name] = /^\/_matrix\/app\/v1\/users\/%40irc_(\w+)%3Aexample\.org$/.exec(path) ?? [];
    if (method !== 'GET' || name === undefined || name.startsWith('no')) return undefined;
    expect(await ghost(`irc_${name}`)).toMatchObject({ status: 200 });
    return {};
  };
  const askedFor = (userId: string) =>
    bridge.asked.filter((request) => request === `GET /_matrix/app/v1/users/${part(userId)}`).length;
  const isIn = async (roomId: unknown, userId: string) => {
    const state = await call('GET', `${v3}/rooms/${part(String(roomId))}/state/m.room.member/${part(userId)}`, alice);
    return state.body['membership'];
  };

  beforeAll(() => {
    bridge.answer = created;
  });

  test.each([
    [
      'by /invite',
      'first',
      (room: string, user_id: string) => call('POST', `${v3}/rooms/${part(room)}/invite`, alice, { user_id }),
    ],
    [
      'by a state event',
      'second',
      (room: string, userId: string) =>
        call('PUT', `${v3}/rooms/${part(room)}/state/m.room.member/${part(userId)}`, alice, { membership: 'invite' }),
    ],
  ])('%s', async (_, name, invite) => {
    const { room_id: roomId } = (await call('POST', `${v3}/createRoom`, alice, {})).body;
    expect(await invite(String(roomId), ghosts(name))).toMatchObject({ status: 200 });
    expect(await isIn(roomId, ghosts(name))).toBe('invite');
    expect(askedFor(ghosts(name))).toBe(1);
    expect(await call('GET', `${v3}/profile/${ghosts(name)}`)).toMatchObject({ status: 200 });
  });

  test('by createRoom, with the profile that the bridge gave it, and only while it does not exist', async () => {
    const room = { invite: [ghosts('third'), ghosts('first')] };
    const made = await call('POST', `${v3}/createRoom`, alice, room);
    expect(await isIn(made.body['room_id'], ghosts('third'))).toBe('invite');
    expect([askedFor(ghosts('third')), askedFor(ghosts('first'))]).toEqual([1, 1]);
  });

  test('and nobody is asked about users of no namespace', async () => {
    const before = bridge.asked.length;
    const { room_id: roomId } = (await call('POST', `${v3}/createRoom`, alice, {})).body;
    await call('POST', `${v3}/rooms/${part(String(roomId))}/invite`, alice, { user_id: '@nobody:example.org' });
    expect(bridge.asked.slice(before).filter((request) => request.includes('/users/'))).toEqual([]);
  });
});

describe('what clients require of a response is in it, null where nothing is known', () => {
  test('a name or an avatar that is not set is an empty object, as for no user', async () => {
    await ghost('irc_plain');
    await call('PUT', `${v3}/profile/@irc_plain:example.org/displayname?user_id=@irc_plain:example.org`, 'irc-as', {
      displayname: '',
    });
    for (const field of ['displayname', 'avatar_url']) {
      const answer = await call('GET', `${v3}/profile/@irc_plain:example.org/${field}`);
      expect(answer).toEqual({ status: 200, body: {} });
      const absent = await call('GET', `${v3}/profile/@absent:example.org/${field}`);
      expect(absent).toMatchObject(refused('M_NOT_FOUND', 404));
    }
    const other = await call('GET', `${v3}/profile/@irc_plain:example.org/m.tz`);
    expect(other).toMatchObject(refused('M_NOT_FOUND', 404));
  });

  test('a member of a room has a name and an avatar', async () => {
    const { room_id: roomId } = (await call('POST', `${v3}/createRoom`, alice, {})).body;
    expect(await call('GET', `${v3}/rooms/${part(String(roomId))}/joined_members`, alice)).toEqual({
      status: 200,
      body: { joined: { '@alice:example.org': { display_name: 'alice', avatar_url: null } } },
    });
  });

  test('a device has every member', async () => {
    await ghost('irc_device', '', 'irc-as', { inhibit_login: false, device_id: 'NEW' });
    const acting = `?user_id=${part('@irc_device:example.org')}`;
    const device = { device_id: 'NEW', display_name: null, last_seen_ip: null, last_seen_ts: null };
    expect(await call('GET', `${v3}/devices${acting}`, 'irc-as')).toEqual({ status: 200, body: { devices: [device] } });
    expect(await call('GET', `${v3}/devices/NEW${acting}`, 'irc-as')).toEqual({ status: 200, body: device });
  });
});

describe('networks of third parties', () => {
  const protocol = { user_fields: ['nick'], location_fields: [], icon: '', field_types: {}, instances: [] };
  const user = { userid: '@irc_bob:example.org', protocol: 'irc', fields: { nick: 'bob' } };

  beforeAll(() => {
    bridge.answer = (_, path) => {
      if (path === '/_matrix/app/v1/thirdparty/protocol/irc') return protocol;
      return path.startsWith('/_matrix/app/v1/thirdparty/user') ? [user] : undefined;
    };
  });

  test.each(['v3', 'r0', 'unstable'])('are answered by the bridges that have them, under %s', async (version) => {
    const get = (path: string) => call('GET', `/_matrix/client/${version}/thirdparty/${path}`, alice);
    expect(await get('protocols')).toEqual({ status: 200, body: { irc: protocol } });
    expect(await get('protocol/irc')).toEqual({ status: 200, body: protocol });
    expect(await get('protocol/xmpp')).toMatchObject(refused('M_NOT_FOUND', 404));
    expect(await get('user/irc?nick=bob')).toEqual({ status: 200, body: [user] });
    expect(await get(`user?userid=${part('@irc_bob:example.org')}`)).toEqual({ status: 200, body: [user] });
    expect(await get('user')).toMatchObject(refused('M_MISSING_PARAM'));
    expect(await get('location/irc?channel=x')).toEqual({ status: 200, body: [] });
    expect(await get(`location?alias=${part('#irc_tea:example.org')}`)).toEqual({ status: 200, body: [] });
  });

  test('are told without the token of who asks', async () => {
    await call('GET', `${v3}/thirdparty/user/irc?nick=bob&access_token=${alice}`);
    expect(bridge.asked.at(-1)).toBe('GET /_matrix/app/v1/thirdparty/user/irc?nick=bob');
  });
});

describe('what nothing is configured for is answered from the configuration, empty', () => {
  test('no TURN server', async () => {
    for (const version of ['v3', 'r0'])
      expect(await call('GET', `/_matrix/client/${version}/voip/turnServer`, alice)).toEqual({ status: 200, body: {} });
    expect(await call('GET', `${v3}/voip/turnServer`)).toMatchObject(refused('M_MISSING_TOKEN', 401));
  });
});
