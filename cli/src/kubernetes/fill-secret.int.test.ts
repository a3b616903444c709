import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { fillSecret } from './fill-secret.ts';

/** The API server's rules for one Secret: versions, conflicts, and stringData that becomes data. */
class SecretStore {
  data: Record<string, string> | undefined;
  version = 0;
  refusal: object | undefined;
  /** Done once before the next write is looked at: what somebody else does meanwhile. */
  meanwhile: (() => void) | undefined;

  answer(method: string, body: string): { status: number; body: object } {
    if (this.refusal !== undefined) return { status: 403, body: this.refusal };
    if (method === 'GET')
      return this.data === undefined
        ? { status: 404, body: {} }
        : { status: 200, body: { metadata: { resourceVersion: String(this.version) }, data: this.data } };
    this.meanwhile?.();
    this.meanwhile = undefined;
    const { metadata, stringData } = JSON.parse(body);
    if (method === 'POST' && this.data !== undefined) return { status: 409, body: {} };
    if (method === 'PATCH' && metadata.resourceVersion !== String(this.version)) return { status: 409, body: {} };
    this.write(stringData);
    return { status: method === 'POST' ? 201 : 200, body: {} };
  }

  write(entries: Record<string, string>): void {
    this.data = { ...this.data, ...entries };
    this.version++;
  }
}

let store: SecretStore;
let http: Server;
let server: ApiServer;
let asked: (string | undefined)[];

beforeEach(async () => {
  store = new SecretStore();
  asked = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const { status, body } = store.answer(request.method ?? '', await text(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' ? address?.port : 0;
  server = { url: `http://127.0.0.1:${port}`, token: 'of the pod', authority: undefined };
});
afterEach(() => void http.close());

const place = { namespace: 'chat', name: 'keys' };
const fill = (keys: readonly string[]) => fillSecret(server, place, keys, (key) => `new ${key}`);

test('an absent Secret is made with all keys, by the token of the pod', async () => {
  expect(await fill(['a', 'b'])).toEqual(['a', 'b']);
  expect(store.data).toEqual({ a: 'new a', b: 'new b' });
  expect(asked).toEqual([
    'GET /api/v1/namespaces/chat/secrets/keys Bearer of the pod',
    'POST /api/v1/namespaces/chat/secrets Bearer of the pod',
  ]);
});

test('what is there stays, what is missing comes in, and nothing is written when nothing is missing', async () => {
  store.write({ a: 'old a' });
  expect(await fill(['a', 'b'])).toEqual(['b']);
  expect(store.data).toEqual({ a: 'old a', b: 'new b' });
  expect(await fill(['a', 'b'])).toEqual([]);
  expect(store.version).toBe(2);
});

test('a key that somebody else made meanwhile stays', async () => {
  store.meanwhile = () => store.write({ a: 'of somebody else' });
  expect(await fill(['a'])).toEqual([]);
  expect(store.data).toEqual({ a: 'of somebody else' });
  store.meanwhile = () => store.write({ b: 'of somebody else' });
  expect(await fill(['b', 'c'])).toEqual(['c']);
  expect(store.data).toEqual({ a: 'of somebody else', b: 'of somebody else', c: 'new c' });
});

test("the API server's refusal is said in its words", async () => {
  store.refusal = { message: 'secrets "keys" is forbidden' };
  await expect(fill(['a'])).rejects.toThrow('the Secret keys cannot be read: secrets "keys" is forbidden');
});

test('an API server that is away is an error that names it', async () => {
  await expect(fillSecret({ ...server, url: 'http://127.0.0.1:1' }, place, ['a'], String)).rejects.toThrow(
    'the API server at http://127.0.0.1:1 cannot be asked',
  );
});
