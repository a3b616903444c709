import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawExchange } from '../test/raw-http.ts';
import { type TestServer, testServer } from '../test/test-server.ts';
import { authenticated, type Handlers, json } from './index.ts';

const reached: string[] = [];
const handlers: Handlers = {
  'client.getVersions': ({ incoming }) => {
    reached.push(incoming.url ?? '');
    return json({ versions: ['v1.1'] });
  },
  'client.login': ({ body }) => {
    reached.push(JSON.stringify(body));
    return json({});
  },
  'client.getTokenOwner': authenticated(() => json({})),
};

let owner: TestServer;
let gateway: TestServer;

beforeAll(async () => {
  owner = await testServer({ handlers, accessLog: () => true });
  gateway = await testServer({ proxyTo: { of: () => [owner.url] }, accessLog: () => true });
});

afterAll(async () => {
  await gateway.close();
  await owner.close();
});

const get = '/_matrix/client/versions';
const login = '/_matrix/client/v3/login';
const host = 'Host: x\r\n';
const longHeader = `X-Long: ${'x'.repeat(20_000)}\r\n`;
const smuggled = 'GET /_matrix/client/versions?smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

const cases: [what: string, bytes: string | Buffer, status: number][] = [
  ['no request line', 'GARBAGE\r\n\r\n', 400],
  ['bytes that are no text', Buffer.from('\x00\xff\xfe\r\n\r\n', 'latin1'), 400],
  ['a method that does not exist', `BREW ${get} HTTP/1.1\r\n${host}\r\n`, 400],
  ['another protocol', `GET ${get} HTTP/3.7\r\n${host}\r\n`, 400],
  ['no Host header', `GET ${get} HTTP/1.1\r\n\r\n`, 400],
  ['two Host headers', `GET ${get} HTTP/1.1\r\n${host}Host: y\r\n\r\n`, 400],
  ['two equal Host headers', `GET ${get} HTTP/1.1\r\n${host}${host}\r\n`, 400],
  ['headers beyond the limit', `GET ${get} HTTP/1.1\r\n${host}${longHeader}\r\n`, 431],
  ['an expectation', `POST ${login} HTTP/1.1\r\n${host}Expect: cake\r\nContent-Length: 2\r\n\r\n{}`, 417],
  ['a tunnel', `CONNECT example.org:443 HTTP/1.1\r\n${host}\r\n`, 405],
  ['a target of another server', `GET http://example.org${get} HTTP/1.1\r\n${host}\r\n`, 400],
];

/** Requests that two readers of HTTP could take for different ones: each is refused, and what hides in it is never answered. */
const smuggling: [what: string, bytes: string][] = [
  ['a length and chunks', `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`],
  ['two lengths', `Content-Length: 2\r\nContent-Length: ${smuggled.length}\r\n\r\n{}${smuggled}`],
  ['two lengths in one header', `Content-Length: 2, ${smuggled.length}\r\n\r\n{}${smuggled}`],
  ['a length with a sign', `Content-Length: +2\r\n\r\n{}${smuggled}`],
  ['a negative length', `Content-Length: -2\r\n\r\n{}${smuggled}`],
  ['a hexadecimal length', `Content-Length: 0x2\r\n\r\n{}${smuggled}`],
  ['two transfer encodings', `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`],
  ['an unknown transfer encoding', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['chunked that is not last', `Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a tab before the colon', `Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a blank before the colon', `Content-Length : ${smuggled.length}\r\n\r\n${smuggled}`],
  ['a folded header', `Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a bare line feed after a header', `X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a bare carriage return', `X-A: b\rContent-Length: 2\r\n\r\n{}${smuggled}`],
  ['a NUL in a header', `X-A: b\0\r\nContent-Length: 2\r\n\r\n{}${smuggled}`],
  ['a chunk size with a sign', `Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a prefix', `Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk that is longer than it says', `Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk that ends in a line feed', `Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n${smuggled}`],
  ['a chunk size beyond all numbers', `Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(40)}\r\n{}\r\n0\r\n\r\n`],
];

describe.each([
  ['a service', () => owner],
  ['a gateway', () => gateway],
])('what the parser of HTTP refuses has a Matrix error and CORS headers, from %s', (_name, server) => {
  test.each(cases)('%s', async (_what, bytes, status) => {
    const [answer] = await rawExchange(server().port, bytes);
    expect(answer?.status).toBe(status);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ errcode: expect.stringMatching(/^M_/), error: /./ });
    expect(answer?.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'content-type': 'application/json',
      'x-request-id': expect.stringMatching(/^[\w.-]+$/),
    });
  });

  test.each(smuggling)('a request that can be read in two ways is refused: %s', async (_what, rest) => {
    reached.length = 0;
    const answers = await rawExchange(server().port, `POST ${login} HTTP/1.1\r\n${host}${rest}`, 2);
    expect(answers.map(({ status }) => status)).toEqual([400]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ errcode: 'M_UNKNOWN' });
    expect(reached.filter((what) => what.includes('smuggled'))).toEqual([]);
  });

  test('a chunk that is wrong when the answer has not begun', async () => {
    const head = `POST ${login} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
    const [answer] = await rawExchange(server().port, `${head}2\r\n{}\r\nzz\r\n`);
    expect(answer).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': '*' } });
  });
});

test('a request that is not complete in time is answered with 408', async () => {
  const slow = await testServer({ handlers });
  const socket = connect(slow.port, '127.0.0.1');
  socket.write(`GET ${get} HTTP/1.1\r\n`);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(text).toContain('Access-Control-Allow-Origin: *');
  expect(text).toContain('"errcode":"M_UNKNOWN"');
  await slow.close();
}, 40_000);

test('what the parser refuses is in the access log, with the request id of the answer', async () => {
  const before = owner.lines.length;
  const [answer] = await rawExchange(owner.port, 'GARBAGE\r\n\r\n');
  expect(owner.lines.slice(before)).toEqual([
    expect.objectContaining({
      message: 'request',
      operation: 'malformed',
      status: 400,
      requestId: answer?.headers['x-request-id'],
    }),
  ]);
});
