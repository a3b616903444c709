import { currentRequestCosts, currentRequestId } from '@plexus/observability';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestServer, testServer } from '../test/test-server.ts';
import { authenticated, errors, type Handlers, json } from './index.ts';

const seen: string[] = [];
const handlers: Handlers = {
  'client.getVersions': () => json({ versions: ['v1.1'] }),
  'client.getTokenOwner': authenticated(({ requester }) => {
    seen.push(currentRequestId());
    const costs = currentRequestCosts();
    if (costs !== undefined) costs.databaseMs += 1.234;
    return json({ user_id: requester.userId });
  }),
  'client.login': ({ body }) => {
    if (body['password'] !== 'right') throw errors.forbidden();
    return json({ user_id: '@alice:example.org', access_token: 'a-secret-token' });
  },
  'client.logout': authenticated(() => json({})),
  'admin.deleteRoom': authenticated(() => json({})),
  'client.createRoom': () => {
    throw Object.assign(new Error('away'), { retryable: true });
  },
};

let isOn = true;
let owner: TestServer;
let gateway: TestServer;

beforeAll(async () => {
  const accessLog = () => isOn;
  owner = await testServer({ handlers, accessLog });
  gateway = await testServer({ proxyTo: { of: () => [owner.url] }, accessLog });
});

beforeEach(() => {
  isOn = true;
});

afterAll(async () => {
  await gateway.close();
  await owner.close();
});

interface Outcome {
  readonly status: number;
  readonly requestId: string | null;
  readonly ofOwner: Record<string, unknown>[];
  readonly ofGateway: Record<string, unknown>[];
}

async function call(base: TestServer, method: string, path: string, init: RequestInit = {}): Promise<Outcome> {
  const before = { owner: owner.lines.length, gateway: gateway.lines.length };
  const response = await fetch(`${base.url}${path}`, { method, ...init });
  await response.arrayBuffer();
  const requestId = response.headers.get('x-request-id');
  const lines = (server: TestServer, from: number) =>
    server.lines.slice(from).filter(({ message }) => message === 'request' || message === 'audit');
  // The line of a request is written when its answer is handed to the connection.
  await new Promise((resolve) => setImmediate(resolve));
  return {
    status: response.status,
    requestId,
    ofOwner: lines(owner, before.owner),
    ofGateway: lines(gateway, before.gateway),
  };
}

const asAlice = { headers: { authorization: 'Bearer alice', 'x-forwarded-for': '198.51.100.7' } };

test('each request is one line, with its operation, outcome, times, user, address and request id', async () => {
  const { ofOwner, requestId } = await call(owner, 'GET', '/_matrix/client/v3/account/whoami', asAlice);
  expect(ofOwner).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      service: 'http',
      message: 'request',
      operation: 'client.getTokenOwner',
      method: 'GET',
      status: 200,
      ms: expect.any(Number),
      databaseMs: 1.23,
      user: '@alice:example.org',
      appservice: 'a',
      address: '198.51.100.7',
      requestId,
    },
  ]);
  expect(seen.at(-1)).toBe(requestId);
});

test('a request through a gateway has one request id in the answer and in both lines', async () => {
  const { ofOwner, ofGateway, requestId } = await call(gateway, 'GET', '/_matrix/client/v3/account/whoami', asAlice);
  expect(ofOwner.map((line) => [line['requestId'], line['address']])).toEqual([[requestId, '198.51.100.7']]);
  expect(ofGateway).toMatchObject([
    { requestId, operation: 'client.getTokenOwner', status: 200, address: '198.51.100.7' },
  ]);
});

test.each([
  ['an error', 'POST', '/_matrix/client/v3/createRoom', { ...asAlice, body: '{}' }, 503, 'M_UNKNOWN'],
  [
    'a token that is not known',
    'GET',
    '/_matrix/client/v3/account/whoami',
    { headers: { authorization: 'Bearer nobody' } },
    401,
    'M_UNKNOWN_TOKEN',
  ],
  ['a path that is not known', 'GET', '/nothing', {}, 404, 'M_UNRECOGNIZED'],
  ['a method that is not known', 'DELETE', '/_matrix/client/versions', {}, 405, 'M_UNRECOGNIZED'],
])('%s is one line with its errcode', async (_what, method, path, init, status, errcode) => {
  const outcome = await call(owner, method, path, init);
  expect(outcome.ofOwner).toMatchObject([
    { message: 'request', method, status, errcode, requestId: outcome.requestId },
  ]);
});

test.each([
  ['GET', '/_matrix/client/versions'],
  ['GET', '/nothing'],
  ['OPTIONS', '/_matrix/client/versions'],
  ['DELETE', '/_matrix/client/versions'],
  ['POST', '/_matrix/client/v3/createRoom'],
])('%s %s: the answer names the request, through a gateway too', async (method, path) => {
  for (const server of [owner, gateway])
    expect((await call(server, method, path, asAlice)).requestId).toMatch(/^[\w.-]+$/);
});

test('switched off, a request is no line, and who signs in and what administrators do are lines all the same', async () => {
  isOn = false;
  expect((await call(owner, 'GET', '/_matrix/client/versions')).ofOwner).toEqual([]);
  expect((await call(owner, 'GET', '/nothing')).ofOwner).toEqual([]);
  const identifier = { type: 'm.id.user', user: 'alice' };
  const login = (password: string) =>
    call(owner, 'POST', '/_matrix/client/v3/login', { body: JSON.stringify({ identifier, password }) });
  expect((await login('right')).ofOwner).toMatchObject([
    { message: 'audit', operation: 'client.login', subject: '@alice:example.org', status: 200, address: '127.0.0.1' },
  ]);
  expect((await login('wrong')).ofOwner).toMatchObject([
    { message: 'audit', subject: 'alice', status: 403, errcode: 'M_FORBIDDEN' },
  ]);
  const logout = await call(owner, 'POST', '/_matrix/client/v3/logout', asAlice);
  expect(logout.ofOwner).toMatchObject([{ message: 'audit', operation: 'client.logout', user: '@alice:example.org' }]);
  const deletion = await call(owner, 'DELETE', '/_synapse/admin/v2/rooms/!r%3Aexample.org', { ...asAlice, body: '{}' });
  expect(deletion.ofOwner).toMatchObject([
    {
      message: 'audit',
      operation: 'admin.deleteRoom',
      user: '@alice:example.org',
      target: { roomId: '!r:example.org' },
    },
  ]);
});

test('no line holds a token, a password, a query or a body', async () => {
  const query = 'access_token=alice&since=what-i-read';
  await call(gateway, 'GET', `/_matrix/client/v3/account/whoami?${query}`);
  await call(owner, 'GET', `/nothing/what-i-read?${query}`);
  await call(owner, 'POST', '/_matrix/client/v3/login', { body: '{"user":"alice","password":"right"}' });
  const text = JSON.stringify([...owner.lines, ...gateway.lines].filter(({ message }) => message !== 'audit'));
  for (const secret of ['what-i-read', 'right"', 'a-secret-token', 'access_token=alice', 'Bearer'])
    expect(text).not.toContain(secret);
});

test('X-Forwarded-For of a proxy that is not trusted is told of once', async () => {
  const strict = await testServer({ handlers, trustedProxies: [] });
  const warnings = () => strict.lines.filter(({ message }) => String(message).includes('X-Forwarded-For'));
  await fetch(`${strict.url}/_matrix/client/versions`);
  expect(warnings()).toEqual([]);
  for (let round = 0; round < 3; round++) await fetch(`${strict.url}/_matrix/client/versions`, asAlice);
  expect(warnings()).toMatchObject([{ level: 'warn', address: '127.0.0.1' }]);
  await strict.close();
  expect(owner.lines.filter(({ message }) => String(message).includes('X-Forwarded-For'))).toEqual([]);
});
