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
