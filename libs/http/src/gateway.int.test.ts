import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawExchange } from '../test/raw-http.ts';
import { type TestServer, testServer } from '../test/test-server.ts';
import { authenticated, errors, type Handlers, json } from './index.ts';

const send = '/_matrix/client/v3/rooms/!r/send/m.x/1';
const good = { authorization: 'Bearer alice' };

const handlers: Handlers = {
  'client.getVersions': () => json({ versions: ['v1.1'] }),
  'client.login': ({ body }) => json({ got: body }),
  'client.sendMessage': authenticated(({ bodyText }) => json({ text: bodyText })),
  'client.uploadContent': () => {
    throw errors.tooLarge();
  },
};

let owner: TestServer;
let gateway: TestServer;

/** A gateway in front of these addresses, whoever asks for which owner. */
function gatewayTo(addresses: () => readonly string[]): Promise<TestServer> {
  return testServer({ proxyTo: { of: addresses } });
}

beforeAll(async () => {
  owner = await testServer({ handlers });
  gateway = await gatewayTo(() => [owner.url]);
});

afterAll(async () => {
  await gateway.close();
  await owner.close();
});

describe.each([
  ['a service', () => owner],
  ['a gateway', () => gateway],
])('an answer that comes before the body was read is an answer, from %s', (_name, server) => {
  const large = Buffer.alloc(6_000_000, 'x');

  test.each([
    ['an upload beyond its limit', 'POST', '/_matrix/media/v3/upload', good, 413],
    ['a JSON body beyond its limit', 'PUT', send, good, 413],
    ['a login beyond its limit', 'POST', '/_matrix/client/v3/login', {}, 413],
    ['a body of somebody who is not known', 'PUT', send, { authorization: 'Bearer nobody' }, 401],
    ['a body for nothing', 'POST', '/_matrix/client/v3/nothing', {}, 404],
    ['an encoding that is not spoken', 'PUT', send, { ...good, 'content-encoding': 'gzip' }, 415],
  ])('%s', async (_what, method, path, headers, status) => {
    for (const isChunked of [false, true])
      for (let round = 0; round < 5; round++) {
        const answer = await uploaded(server().port, method, path, { headers, body: large, isChunked });
        expect(answer).toMatchObject({ status, errcode: expect.stringMatching(/^M_/) });
      }
  });

  test('the next request of the connection is answered when the rest of the body was short', async () => {
    const body = 'x'.repeat(20_000);
    const head = (path: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const request = `${head('/_matrix/client/v3/nothing')}GET /_matrix/client/versions HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answers = await rawExchange(server().port, request, 2);
    expect(answers.map(({ status }) => status)).toEqual([404, 200]);
  });
});

interface Upload {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  readonly isChunked: boolean;
}

/** Sends all of the body whatever comes back meanwhile, as many clients do. */
function uploaded(port: number, method: string, path: string, { headers, body, isChunked }: Upload) {
  return new Promise((resolve, reject) => {
    const framing = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) };
    const outgoing = httpRequest({ port, method, path, agent: false, headers: { ...headers, ...framing } });
    outgoing.on('response', (incoming) => {
      const answer = async () => {
        const text = Buffer.concat(await incoming.toArray()).toString();
        return { status: incoming.statusCode, errcode: JSON.parse(text).errcode };
      };
      resolve(answer());
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('a request that is lost is repeated when that does no harm', () => {
  let failing: FailingServer;
  let lossy: TestServer;

  beforeAll(async () => {
    failing = await failingServer();
    lossy = await gatewayTo(() => [failing.url, owner.url]);
  });

  afterAll(async () => {
    await lossy.close();
    failing.server.close();
  });

  const attempt = async (method: string, path: string, body?: string) => {
    failing.received.length = 0;
    const response = await fetch(`${lossy.url}${path}`, { method, headers: good, ...(body !== undefined && { body }) });
    return { status: response.status, answer: await response.json(), lost: failing.received.length };
  };

  test('GET', async () => {
    expect(await attempt('GET', '/_matrix/client/versions')).toMatchObject({ status: 200, lost: 1 });
  });

  test('PUT with a transaction id, with its whole body', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(5_000) });
    expect(await attempt('PUT', send, body)).toMatchObject({ status: 200, lost: 1, answer: { text: body } });
    expect(failing.received.join('')).toContain(body);
  });

  test('a POST is not: it may have had its effect', async () => {
    expect(await attempt('POST', '/_matrix/client/v3/login', '{}')).toMatchObject({ status: 502, lost: 1 });
  });

  test('anything that no replica has seen is', async () => {
    const away = await gatewayTo(() => ['http://127.0.0.1:1', owner.url]);
    const response = await fetch(`${away.url}/_matrix/client/v3/login`, { method: 'POST', body: '{"a":1}' });
    expect([response.status, await response.json()]).toEqual([200, { got: { a: 1 } }]);
    await away.close();
  });

  test('an only replica that lost a connection is asked again', async () => {
    let connections = 0;
    const once = await tcpServer((socket) => {
      connections++;
      if (connections === 1) socket.destroy();
      else
        socket.once('data', () => {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
        });
    });
    const alone = await gatewayTo(() => [once.url]);
    expect((await fetch(`${alone.url}/_matrix/client/versions`)).status).toBe(200);
    await alone.close();
    once.server.close();
  });
});

interface FailingServer {
  readonly url: string;
  readonly server: Server;
  /** What came with each request. */
  readonly received: string[];
}

/** Reads a request and ends the connection without an answer. */
async function failingServer(): Promise<FailingServer> {
  const received: string[] = [];
  const { server, url } = await tcpServer((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < text.indexOf('\r\n\r\n') + 4 + length) return;
      received.push(text);
      socket.destroy();
    });
  });
  return { received, server, url };
}

async function tcpServer(onConnection: (socket: Socket) => void): Promise<{ server: Server; url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}

describe('a service that stops', () => {
  test('announces the end of each connection with the answer, and is asked last from then on', async () => {
    const [first, second] = await Promise.all([testServer({ handlers }), testServer({ handlers })]);
    const through = await gatewayTo(() => [first.url, second.url]);
    const versions = `${through.url}/_matrix/client/versions`;
    first.server.leave();
    const direct = await fetch(`${first.url}/_matrix/client/versions`);
    expect(direct.headers.get('connection')).toBe('close');
    expect((await fetch(versions)).headers.get('connection')).toBe('keep-alive');
    const before = first.lines.length;
    await first.close();
    for (let round = 0; round < 20; round++) expect((await fetch(versions)).status).toBe(200);
    expect(first.lines.slice(before)).toEqual([]);
    expect(through.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    await through.close();
    await second.close();
  });

  test('as a gateway it announces it to clients with what it hands on', async () => {
    const leaving = await gatewayTo(() => [owner.url]);
    leaving.server.leave();
    for (const path of ['/_matrix/client/versions', '/_matrix/client/v3/nothing'])
      expect((await fetch(`${leaving.url}${path}`)).headers.get('connection'), path).toBe('close');
    const preflight = await fetch(`${leaving.url}/_matrix/client/versions`, { method: 'OPTIONS' });
    expect(preflight.headers.get('connection')).toBe('close');
    await leaving.close();
  });

  test('loses no request of 2,000 over twenty restarts of two replicas, POST or not', async () => {
    const replicas = [await testServer({ handlers }), await testServer({ handlers })];
    const ports = replicas.map(({ port }) => port);
    let turn = 0;
    const through = await gatewayTo(() => {
      turn++;
      const urls = ports.map((port) => `http://127.0.0.1:${port}`);
      return turn % 2 === 0 ? urls : urls.toReversed();
    });
    const failures: string[] = [];
    let requests = 0;
    let isStopping = false;
    let next = { at: Number.POSITIVE_INFINITY, resolve: () => {} };
    const reached = (at: number) =>
      new Promise<void>((resolve) => {
        next = { at, resolve };
      });
    const client = async (index: number) => {
      for (let round = index; !isStopping; round++) {
        const method = ['GET', 'PUT', 'POST'][round % 3] ?? '';
        const path = ['/_matrix/client/versions', send, '/_matrix/client/v3/login'][round % 3] ?? '';
        const init = { method, headers: good, ...(method !== 'GET' && { body: '{}' }) };
        const outcome = await fetch(`${through.url}${path}`, init).then(
          ({ status }) => status,
          (error: unknown) => String(error),
        );
        requests++;
        if (requests >= next.at) next.resolve();
        if (outcome !== 200) failures.push(`${method} ${outcome}`);
      }
    };
    const clients = Array.from({ length: 8 }, (_, index) => client(index));
    for (let restart = 0; restart < 20; restart++) {
      const index = restart % 2;
      const before = requests;
      replicas[index]?.server.leave();
      // Callers hear of it by an answer: until then it serves on.
      await reached(before + 50);
      await replicas[index]?.close();
      replicas[index] = await testServer({ handlers }, ports[index]);
      await reached(before + 100);
    }
    isStopping = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThanOrEqual(2_000);
    await through.close();
    await Promise.all(replicas.map((replica) => replica.close()));
  }, 120_000);
});
