import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { parseUserId } from '@plexus/matrix';
import { createObservability, systemClock } from '@plexus/observability';
import { operations } from '@plexus/routes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpServerOptions } from './http-server.ts';
import { authenticated, createHttpServer, errors, type Handlers, type HttpServer, json } from './index.ts';
import type { Refusal } from './requester.ts';

const lines: string[] = [];
const observability = createObservability({
  service: 'test',
  level: 'error',
  destination: { write: (line) => void lines.push(line) },
});
const maxBodyBytes = 10_000;
const longPolls = new AbortController();
let cut: () => void = () => undefined;
const wasCut = new Promise<void>((resolve) => {
  cut = resolve;
});

const handlers: Handlers = {
  'client.getVersions': () => json({ versions: ['v1.1'] }),
  'client.getTokenOwner': authenticated((request) => json({ user_id: request.requester.userId, ip: request.ip })),
  'client.login': (request) => json({ got: request.body }),
  'client.logout': (request) => json({ got: request.body }),
  'client.sendMessage': authenticated((request) => json({ text: request.bodyText, params: request.params })),
  'client.createRoom': () => {
    throw new Error('the password of the database is hunter2');
  },
  'client.getCapabilities': () => Promise.reject(Object.assign(new Error('x'), { retryable: true })),
  'client.sync': (request) =>
    new Promise((resolve) => {
      request.whenAbandoned(() => {
        cut();
        resolve(json({ ended: true }));
      });
    }),
  'client.getContent': () => ({
    kind: 'stream',
    status: 200,
    body: Readable.from([Buffer.from('abc'), Buffer.from('def')]),
    headers: { 'Content-Type': 'text/plain', 'Cross-Origin-Resource-Policy': 'cross-origin' },
  }),
};

function server(over: Partial<HttpServerOptions> = {}): HttpServer {
  return createHttpServer({
    operations,
    handlers,
    authenticate: (token, { userId }) => {
      if (token !== 'good') return unknownToken;
      return { kind: 'appservice', appserviceId: 'a', userId: named(userId), deviceId: undefined, rateLimited: true };
    },
    observability,
    clock: systemClock,
    trustedProxies: ['127.0.0.1'],
    maxBodyBytes,
    longPollSignal: longPolls.signal,
    ...over,
  });
}

const unknownToken: Refusal = {
  kind: 'refused',
  error: { status: 401, errcode: 'M_UNKNOWN_TOKEN', error: '' },
  softLogout: false,
};

function named(userId: string | undefined) {
  const parsed = parseUserId(userId ?? '@bot:example.org');
  if (parsed === undefined) throw errors.forbidden();
  return parsed;
}

const origin = server();
let base = '';

beforeAll(async () => {
  base = `http://127.0.0.1:${(await origin.listen({ host: '127.0.0.1', port: 0 })).port}`;
});

afterAll(() => origin.close(100));

async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${base}${path}`, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const good = { authorization: 'Bearer good' };

describe('paths', () => {
  test('unknown: 404; without a handler: 404; wrong method: 405; all M_UNRECOGNIZED and with CORS', async () => {
    const cases = [
      [404, 'GET', '/_matrix/client/v3/nothing'],
      [404, 'GET', '/_matrix/client/v1/auth_metadata'],
      [405, 'DELETE', '/_matrix/client/v3/login'],
    ] as const;
    for (const [status, method, path] of cases) {
      const answer = await call(method, path);
      expect(answer).toMatchObject({ status, body: { errcode: 'M_UNRECOGNIZED' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  test('OPTIONS is answered without a look at the request, HEAD without a body', async () => {
    const preflight = await call('OPTIONS', '/_matrix/client/v3/account/whoami');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    const head = await call('HEAD', '/_matrix/client/versions');
    expect(head).toMatchObject({ status: 200, body: undefined });
    expect(head.headers.get('content-length')).toBe('21');
  });
});

describe('tokens', () => {
  test('from the header, or from the query as older clients do', async () => {
    expect((await call('GET', '/_matrix/client/v3/account/whoami', undefined, good)).status).toBe(200);
    expect((await call('GET', '/_matrix/client/r0/account/whoami?access_token=good')).status).toBe(200);
  });

  test('none: M_MISSING_TOKEN; unknown: M_UNKNOWN_TOKEN with soft_logout', async () => {
    const path = '/_matrix/client/v3/account/whoami';
    expect(await call('GET', path)).toMatchObject({ status: 401, body: { errcode: 'M_MISSING_TOKEN' } });
    for (const authorization of ['Bearer bad', `Bearer ${'x'.repeat(5000)}`])
      expect(await call('GET', path, undefined, { authorization })).toMatchObject({
        status: 401,
        body: { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false },
      });
  });

  test('an application service may name the user it acts as', async () => {
    const answer = await call('GET', '/_matrix/client/v3/account/whoami?user_id=%40u%3Aexample.org', undefined, good);
    expect(answer.body).toMatchObject({ user_id: '@u:example.org' });
  });

  test('X-Forwarded-For of a trusted hop is believed', async () => {
    const headers = { ...good, 'x-forwarded-for': '198.51.100.9' };
    const answer = await call('GET', '/_matrix/client/v3/account/whoami', undefined, headers);
    expect(answer.body).toMatchObject({ ip: '198.51.100.9' });
  });
});

describe('bodies', () => {
  const login = (body: string, headers = {}) => call('POST', '/_matrix/client/v3/login', body, headers);

  test('an object, or nothing where no field is demanded', async () => {
    expect(await login('{"a":[1,null]}')).toMatchObject({ status: 200, body: { got: { a: [1, null] } } });
    expect(await login('')).toMatchObject({ status: 400, body: { errcode: 'M_NOT_JSON' } });
    const logout = (body: string) => call('POST', '/_matrix/client/v3/logout', body, good);
    expect(await logout('')).toMatchObject({ status: 200, body: { got: {} } });
    expect(await logout('{"a":1}')).toMatchObject({ status: 200, body: { got: { a: 1 } } });
    expect(await logout('null')).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } });
  });

  test.each([
    ['{', 'M_NOT_JSON'],
    ['{"a":1}x', 'M_NOT_JSON'],
    ['[]', 'M_BAD_JSON'],
    ['"text"', 'M_BAD_JSON'],
    ['{"a":1e400}', 'M_BAD_JSON'],
    [`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`, 'M_BAD_JSON'],
    [`{"a":"\\ud800"}`, 'M_BAD_JSON'],
  ])('%s is %s', async (body, errcode) => {
    expect(await login(body)).toMatchObject({ status: 400, body: { errcode } });
  });

  test('__proto__ is a key like any other', async () => {
    const answer = await login('{"__proto__":{"x":1}}');
    expect(Object.getOwnPropertyNames(answer.body.got)).toEqual(['__proto__']);
  });

  test('too large is refused before it is read, encoded ones are refused', async () => {
    expect(await login(`{"a":"${'x'.repeat(maxBodyBytes)}"}`)).toMatchObject({
      status: 413,
      body: { errcode: 'M_TOO_LARGE' },
    });
    expect(await login('{}', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  test('a stranger may send less than a user', async () => {
    const roomy = server({ maxBodyBytes: 100_000_000 });
    const { port } = await roomy.listen({ host: '127.0.0.1', port: 0 });
    const body = JSON.stringify({ a: 'x'.repeat(300_000) });
    const post = (path: string, method: string) =>
      fetch(`http://127.0.0.1:${port}${path}`, { method, body, headers: good });
    expect((await post('/_matrix/client/v3/login', 'POST')).status).toBe(413);
    expect((await post('/_matrix/client/v3/rooms/!r:s/send/m.x/1', 'PUT')).status).toBe(200);
    await roomy.close(100);
  });

  test('a chunked body is cut off at the limit', async () => {
    const sent = httpRequest(`${base}/_matrix/client/v3/login`, { method: 'POST' });
    sent.on('error', () => undefined);
    sent.write('{"a":"');
    for (let i = 0; i < 30; i++) sent.write('x'.repeat(1000));
    const [response] = await once(sent, 'response');
    expect(response.statusCode).toBe(413);
    sent.destroy();
  });

  test('event content comes on as the text it was, but must be canonical', async () => {
    const path = '/_matrix/client/v3/rooms/!r:s/send/m.x/1';
    const text = '{"b": 1,  "a":"é"}';
    expect(await call('PUT', path, text, good)).toMatchObject({ status: 200, body: { text } });
    for (const bad of ['{"a":1.5}', '{"a":1e3}', '{"a":9007199254740993}', '{"a":1.0}'])
      expect(await call('PUT', path, bad, good)).toMatchObject({ status: 400, body: { errcode: 'M_BAD_JSON' } });
    expect(await call('PUT', path, '', good)).toMatchObject({ status: 400, body: { errcode: 'M_NOT_JSON' } });
  });
});

describe('failures', () => {
  test('an error nobody expected says nothing of itself', async () => {
    const answer = await call('POST', '/_matrix/client/v3/createRoom', '{}', good);
    expect(answer).toMatchObject({ status: 500, body: { errcode: 'M_UNKNOWN', error: 'Internal server error' } });
  });

  test('is logged with an id of its request, and the text of the answer is not', async () => {
    lines.length = 0;
    await call('POST', '/_matrix/client/v3/createRoom', '{}', { ...good, 'x-request-id': 'from-the-gateway' });
    expect(lines.join('')).toContain('"requestId":"from-the-gateway"');
    expect(lines.join('')).toContain('client.createRoom');
  });

  test('a service that is away is 503', async () => {
    expect(await call('GET', '/_matrix/client/v3/capabilities', undefined, good)).toMatchObject({
      status: 503,
      body: { errcode: 'M_UNKNOWN' },
    });
  });

  test('rate limits answer 429 with both ways of saying when', async () => {
    const limited = server({
      rateLimiter: { take: () => Promise.reject(errors.limitExceeded(1200)), giveBack: async () => undefined },
    });
    const { port } = await limited.listen({ host: '127.0.0.1', port: 0 });
    const response = await fetch(`http://127.0.0.1:${port}/_matrix/client/v3/account/whoami`, {
      headers: { authorization: 'Bearer good' },
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1200 });
    await limited.close(100);
  });
});

test('a handler learns that its client went away', async () => {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  socket.write('GET /_matrix/client/v3/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n');
  await once(socket, 'connect');
  await call('GET', '/_matrix/client/versions');
  socket.destroy();
  await wasCut;
});

describe('a gateway', () => {
  const away = 'http://127.0.0.1:1';
  let gateway: HttpServer;
  let gatewayBase = '';
  const sessions: (string | undefined)[] = [];

  beforeAll(async () => {
    gateway = server({
      handlers: {},
      proxyTo: {
        of: (owner, session) => {
          sessions.push(session);
          return { clientapi: [away, base], syncapi: [away, away], mediaapi: [base], federationapi: [] }[String(owner)];
        },
      },
    });
    gatewayBase = `http://127.0.0.1:${(await gateway.listen({ host: '127.0.0.1', port: 0 })).port}`;
  });

  afterAll(() => gateway.close(100));

  test('hands on bodies, paths and tokens as they came, and the client address', async () => {
    const path = '/_matrix/client/v3/rooms/!a%2Fb%3As/send/m.x/1';
    const sent = await fetch(`${gatewayBase}${path}`, { method: 'PUT', body: '{"a":1}', headers: good });
    expect(await sent.json()).toEqual({ text: '{"a":1}', params: { roomId: '!a/b:s', eventType: 'm.x', txnId: '1' } });
    const whoami = await fetch(`${gatewayBase}/_matrix/client/v3/account/whoami?access_token=good`, {
      headers: { 'x-forwarded-for': '198.51.100.9' },
    });
    expect(await whoami.json()).toMatchObject({ ip: '198.51.100.9' });
  });

  test('a body reaches the next replica whole when nobody listens at the first', async () => {
    const text = 'x'.repeat(500);
    const sent = await fetch(`${gatewayBase}/_matrix/client/v3/rooms/!a/send/m.x/2`, {
      method: 'PUT',
      body: JSON.stringify({ text }),
      headers: good,
    });
    expect(await sent.json()).toMatchObject({ text: JSON.stringify({ text }) });
  });

  test('a replica is chosen by the token of the header or of the query', async () => {
    sessions.length = 0;
    await fetch(`${gatewayBase}/_matrix/client/v3/account/whoami`, { headers: good });
    await fetch(`${gatewayBase}/_matrix/client/v3/account/whoami?x=1&access_token=good`);
    await fetch(`${gatewayBase}/_matrix/client/versions`);
    expect(sessions).toEqual(['good', 'good', undefined]);
  });

  test('streams answers with their headers', async () => {
    const response = await fetch(`${gatewayBase}/_matrix/media/v3/download/s/m`);
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(await response.text()).toBe('abcdef');
  });

  test('an owner that is away is 503, errors of owners pass, unknown paths are its own', async () => {
    const status = async (path: string) => (await fetch(`${gatewayBase}${path}`, { headers: good })).status;
    expect(await status('/_matrix/client/v3/sync')).toBe(503);
    expect(await status('/_matrix/client/v3/capabilities')).toBe(503);
    expect(await status('/_matrix/key/v2/server'), 'no replica is known').toBe(503);
    expect(await status('/_matrix/client/v3/nothing')).toBe(404);
    expect(await status('/_matrix/client/v3/thirdparty/protocols')).toBe(404);
  });
});

test('closing ends long polls with their answer and then the server', async () => {
  const closing = new AbortController();
  const short = server({ longPollSignal: closing.signal });
  const { port } = await short.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${port}/_matrix/client/v3/sync`;
  const poll = fetch(url, { headers: good });
  await fetch(`http://127.0.0.1:${port}/_matrix/client/versions`);
  closing.abort();
  const closed = short.close(5000);
  expect(await (await poll).json()).toEqual({ ended: true });
  await closed;
  await expect(fetch(url)).rejects.toThrow();
});
