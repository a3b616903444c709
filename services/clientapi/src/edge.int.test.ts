import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { password } from './testing/recorded-clients.ts';
import { type StartedEdge, startEdge } from './testing/started-edge.ts';

let edge: StartedEdge;

afterEach(() => edge.stop());

const calls = () => edge.written.map(({ call }) => call);
const register = (body: object) => edge.call('POST', '/_matrix/client/v3/register', body);

describe('registration', () => {
  test('closed: M_FORBIDDEN; guests: M_GUEST_ACCESS_FORBIDDEN', async () => {
    edge = await startEdge();
    expect(await register({})).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    const guest = await edge.call('POST', '/_matrix/client/v3/register?kind=guest', {});
    expect(guest).toMatchObject({ status: 403, body: { errcode: 'M_GUEST_ACCESS_FORBIDDEN' } });
  });

  test('open: an empty request shows the flows, the same session takes the account', async () => {
    edge = await startEdge({ open: true });
    const asked = await register({});
    expect(asked).toMatchObject({ status: 401, body: { flows: [{ stages: ['m.login.dummy'] }], completed: [] } });
    const auth = { type: 'm.login.dummy', session: asked.body['session'] };
    const made = await register({ username: 'alice', password, auth });
    expect(made).toMatchObject({ status: 200, body: { user_id: '@alice:example.org', access_token: 'token' } });
    expect(edge.written).toMatchObject([{ request: { localpart: 'alice', password, admin: false } }]);
  });

  test('without a user name one is asked to be made', async () => {
    edge = await startEdge({ open: true });
    await register({ password, auth: { type: 'm.login.dummy' } });
    expect(edge.written[0]?.request).not.toHaveProperty('localpart');
  });

  test('a session that has let a request pass is of no further use', async () => {
    edge = await startEdge({ open: true });
    const { body } = await register({});
    await register({ username: 'alice', password, auth: { type: 'm.login.dummy', session: body['session'] } });
    expect(await register({ username: 'alice', password, auth: { session: body['session'] } })).toMatchObject({
      status: 401,
      body: { completed: [] },
    });
    expect(calls()).toEqual(['register']);
  });

  test('with a token: a wrong one goes on with the same session, a right one is used up with the account', async () => {
    edge = await startEdge({ requireToken: true });
    const first = await register({ username: 'alice', password });
    const stage = { type: 'm.login.registration_token', session: first.body['session'] };
    const wrong = await register({ username: 'alice', password, auth: { ...stage, token: 'guess' } });
    expect(wrong).toMatchObject({ status: 401, body: { errcode: 'M_UNAUTHORIZED', session: first.body['session'] } });
    await register({ username: 'alice', password, auth: { ...stage, token: 'invited' } });
    expect(edge.written).toMatchObject([{ call: 'register', request: { registrationToken: 'invited' } }]);
  });

  test('a session that is gone is begun again', async () => {
    edge = await startEdge({ requireToken: true });
    const { body } = await register({});
    edge.advance(16 * 60_000);
    const again = await register({ auth: { session: body['session'] } });
    expect(again.status).toBe(401);
    expect(again.body['session']).not.toBe(body['session']);
  });

  test('no password is ever kept or logged', async () => {
    edge = await startEdge({ open: true });
    await register({ username: 'alice', password, auth: { type: 'm.login.dummy' } });
    await edge.call('POST', '/_matrix/client/v3/login', { type: 'm.login.password', user: 'alice', password: 'guess' });
    expect(JSON.stringify(edge.observability.lines)).not.toContain(password);
    expect(await edge.observability.metrics.metrics()).not.toContain('alice');
  });
});

test('an application service registers its users with its token, and nobody else does so', async () => {
  edge = await startEdge();
  const body = { type: 'm.login.application_service', username: 'bridge_ghost', inhibit_login: true };
  const as = (token?: string) => edge.call('POST', '/_matrix/client/v3/register', body, token);
  expect(await as()).toMatchObject({ status: 401, body: { errcode: 'M_MISSING_TOKEN' } });
  expect(await as('alice')).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
  expect((await as('bridge')).status).toBe(200);
  expect(edge.written).toMatchObject([
    { call: 'register', request: { appserviceId: 'bridge', localpart: 'bridge_ghost', inhibitLogin: true } },
  ]);
  expect(edge.written[0]?.request).not.toHaveProperty('password');
});

describe('the shared secret', () => {
  const path = '/_synapse/admin/v1/register';
  const signed = (nonce: unknown, over: object = {}) => {
    const mac = createHmac('sha1', 'secret')
      .update(`${String(nonce)}\0root\0${password}\0admin`)
      .digest('hex');
    return { nonce, username: 'root', password, admin: true, mac, ...over };
  };

  test('not set: both operations are unrecognized', async () => {
    edge = await startEdge();
    for (const method of ['GET', 'POST'])
      expect(await edge.call(method, path, method === 'POST' ? signed('n') : undefined)).toMatchObject({
        status: 404,
        body: { errcode: 'M_UNRECOGNIZED' },
      });
  });

  test('makes an account while registration is closed, once for each nonce', async () => {
    edge = await startEdge({ sharedSecret: 'secret' });
    const { nonce } = (await edge.call('GET', path)).body;
    expect(await edge.call('POST', path, signed(nonce))).toMatchObject({
      status: 200,
      body: { access_token: 'token' },
    });
    expect(edge.written).toMatchObject([{ call: 'register', request: { localpart: 'root', admin: true } }]);
    expect(await edge.call('POST', path, signed(nonce))).toMatchObject({ status: 400, body: { errcode: 'M_UNKNOWN' } });
  });

  test('a wrong MAC, or a nonce older than a minute, makes none', async () => {
    edge = await startEdge({ sharedSecret: 'secret' });
    const first = (await edge.call('GET', path)).body['nonce'];
    expect(await edge.call('POST', path, signed(first, { admin: false }))).toMatchObject({ status: 403 });
    const second = (await edge.call('GET', path)).body['nonce'];
    edge.advance(60_001);
    expect(await edge.call('POST', path, signed(second))).toMatchObject({ status: 400 });
    expect(calls()).toEqual([]);
  });
});

describe('login', () => {
  const login = (body: object, token?: string) => edge.call('POST', '/_matrix/client/v3/login', body, token);

  test.each([
    [{ identifier: { type: 'm.id.user', user: 'alice' } }],
    [{ identifier: { type: 'm.id.user', user: '@alice:example.org' } }],
    [{ user: 'Alice' }],
  ])('by %j', async (who) => {
    edge = await startEdge();
    expect(await login({ type: 'm.login.password', password, ...who })).toMatchObject({
      status: 200,
      body: { user_id: '@alice:example.org', device_id: 'DEVICE', access_token: 'token' },
    });
  });

  test('all that fails says the same', async () => {
    edge = await startEdge();
    const answers = [];
    for (const who of [
      { user: 'alice', password: 'wrong' },
      { user: '@alice:elsewhere.org', password },
      { identifier: { type: 'm.id.thirdparty', medium: 'email', address: 'a@b.c' }, password },
      { identifier: { type: 'm.id.phone', country: 'GB', phone: '1' }, password },
      { medium: 'email', address: 'a@b.c', password },
    ])
      answers.push(await login({ type: 'm.login.password', ...who }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
  });

  test('of an application service needs its token', async () => {
    edge = await startEdge();
    const body = { type: 'm.login.application_service', identifier: { type: 'm.id.user', user: 'bridge_bot' } };
    expect(await login(body)).toMatchObject({ status: 401, body: { errcode: 'M_MISSING_TOKEN' } });
    expect(await login(body, 'alice')).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(await login(body, 'bridge')).toMatchObject({ status: 200 });
    expect(calls()).toEqual(['createSession']);
  });
});

describe('what needs the password again', () => {
  const remove = (body: object) => edge.call('DELETE', '/_matrix/client/v3/devices/OTHER', body, 'alice');
  const stage = (session: unknown, given = password) => ({
    type: 'm.login.password',
    session,
    identifier: { type: 'm.id.user', user: 'alice' },
    password: given,
  });

  test('is done once the password is right, and not before', async () => {
    edge = await startEdge();
    const { body } = await remove({});
    expect(body).toMatchObject({ flows: [{ stages: ['m.login.password'] }] });
    expect(body).not.toHaveProperty('errcode');
    expect(await remove({ auth: stage(body['session'], 'wrong') })).toMatchObject({
      status: 401,
      body: { errcode: 'M_FORBIDDEN' },
    });
    expect(calls()).toEqual([]);
    expect(await remove({ auth: stage(body['session']) })).toMatchObject({ status: 200 });
    expect(edge.written).toMatchObject([
      { call: 'endSessions', request: { which: { value: { deviceIds: ['OTHER'] } } } },
    ]);
  });

  test('a session of one operation is of no use for another', async () => {
    edge = await startEdge();
    const { body } = await remove({});
    const change = { new_password: 'another one', auth: stage(body['session']) };
    const answer = await edge.call('POST', '/_matrix/client/v3/account/password', change, 'alice');
    expect(answer).toMatchObject({ status: 403, body: { errcode: 'M_FORBIDDEN' } });
    expect(calls()).toEqual([]);
  });

  test("another user's password is not the requester's", async () => {
    edge = await startEdge();
    const auth = { ...stage(undefined), session: undefined, identifier: { type: 'm.id.user', user: 'bob' } };
    expect(await remove({ auth })).toMatchObject({ status: 401, body: { errcode: 'M_FORBIDDEN' } });
  });

  test('a new password ends the other sessions', async () => {
    edge = await startEdge();
    const auth = stage(undefined);
    await edge.call('POST', '/_matrix/client/v3/account/password', { new_password: 'another one', auth }, 'alice');
    expect(edge.written).toMatchObject([
      { call: 'setPassword', request: { newPassword: 'another one' } },
      { call: 'endSessions', request: { which: { $case: 'allExceptDeviceId', value: 'DEVICE' } } },
    ]);
  });
});

describe('events', () => {
  test('a message goes on as the text it came as, with the device and transaction that sent it', async () => {
    edge = await startEdge();
    const text = '{"body":"é \\u00e9",  "msgtype":"m.text"}';
    const path = '/_matrix/client/v3/rooms/!r%3As/send/m.room.message/t%2F1?ts=5';
    expect(await edge.call('PUT', path, text, 'alice')).toEqual({ status: 200, body: { event_id: '$sent' } });
    const [event] = sent();
    expect(event).toMatchObject({ roomId: '!r:s', content: text, deviceId: 'DEVICE', transactionId: 't/1' });
    expect(event).not.toHaveProperty('originServerTs');
  });

  test('an application service may say when it happened', async () => {
    edge = await startEdge();
    await edge.call('PUT', '/_matrix/client/v3/rooms/!r%3As/send/m.x/1?ts=1234', {}, 'bridge');
    expect(sent()).toMatchObject([{ originServerTs: 1234, sender: '@bridge_bot:example.org' }]);
  });

  test.each([
    ['state/m.room.topic', ''],
    ['state/m.room.topic/', ''],
    ['state/m.room.topic/%2Fa%25', '/a%'],
  ])('%s has the state key "%s"', async (path, stateKey) => {
    edge = await startEdge();
    await edge.call('PUT', `/_matrix/client/v3/rooms/!r%3As/${path}`, {}, 'alice');
    expect(sent()).toMatchObject([{ type: 'm.room.topic', stateKey }]);
  });

  test('a room is made by one call that holds all of it', async () => {
    edge = await startEdge();
    const body = { name: 'Tea', invite: ['@bob:example.org'], visibility: 'public', room_alias_name: 'tea' };
    expect(await edge.call('POST', '/_matrix/client/v3/createRoom', body, 'alice')).toMatchObject({ status: 200 });
    expect(calls()).toEqual(['createRoom']);
    expect(edge.written[0]?.request).toMatchObject({ alias: '#tea:example.org', published: true, roomVersion: '12' });
  });

  test('a join carries the profile, and the reason', async () => {
    edge = await startEdge();
    await edge.call('POST', '/_matrix/client/v3/join/!r%3As', { reason: 'tea' }, 'alice');
    expect(edge.written).toMatchObject([
      {
        call: 'joinRoom',
        request: { userId: '@alice:example.org', profile: '{"displayname":"Alice"}', reason: 'tea' },
      },
    ]);
  });
});

function sent(): Record<string, unknown>[] {
  return edge.written.flatMap(({ call, request }) => (call === 'sendEvents' ? Object(request).events : []));
}

test('what a client asks before it signs in', async () => {
  edge = await startEdge();
  const get = async (path: string) => (await edge.call('GET', path)).body;
  expect((await get('/_matrix/client/versions'))['versions']).toEqual(expect.arrayContaining(['r0.6.1', 'v1.1']));
  expect(await get('/.well-known/matrix/client')).toEqual({ 'm.homeserver': { base_url: 'https://example.org' } });
  expect(await get('/.well-known/matrix/server')).toMatchObject({ errcode: 'M_NOT_FOUND' });
  expect(await get('/_matrix/client/r0/login')).toMatchObject({ flows: [{ type: 'm.login.password' }, {}] });
  expect(await get('/_matrix/client/v1/auth_metadata')).toMatchObject({ errcode: 'M_UNRECOGNIZED' });
});
