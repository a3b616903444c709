import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, deliverMessage, startConversation } from '../stack/conversation.ts';
import { textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { roomPath } from '../stack/user.ts';
import { makeCertificate, proxyKinds, type RunningProxy, startProxy } from './proxy-under-test.ts';
import { type TlsClient, tlsClient } from './tls-client.ts';

const host = 'https://matrix.example.org';
const client = `${host}/_matrix/client/v3`;
/** Not the proxy's own, and not trusted. */
const clientAddress = '127.0.0.9';
const uploadBytes = 20 * 1024 * 1024;

let folder: string;
let stack: Stack;
let conversation: Conversation;
const proxies = new Map<string, { readonly call: TlsClient; readonly running: RunningProxy }>();

/** The configuration that docs/operators/reverse-proxy.md asks for. */
const configuration = `
publicBaseUrl: ${host}
trustedProxies: [127.0.0.1]
wellKnown: { client: "${host}", server: "matrix.example.org:443" }
statistics: { reportSeconds: 1 }
`;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plexus-proxies-'));
  await writeFile(join(folder, 'plexus.yaml'), configuration);
  stack = await startStack('one', ['--config', join(folder, 'plexus.yaml')]);
  conversation = await startConversation(stack.url);
  const files = await makeCertificate(folder, ['matrix.example.org', 'example.org']);
  const authority = await readFile(files.certificate, 'utf8');
  for (const kind of proxyKinds) {
    const port = await freePort();
    const upstream = new URL(stack.url).host;
    const running = await startProxy(kind, { folder: join(folder, kind.name), port, upstream, ...files });
    proxies.set(kind.name, { running, call: tlsClient({ port, authority, from: clientAddress }) });
  }
});

afterAll(async () => {
  await Promise.all([...proxies.values()].map(({ running }) => running.stop()));
  await stack?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const through = (name: string): TlsClient => {
  const proxy = proxies.get(name);
  if (proxy === undefined) throw new Error(`${name} was not started`);
  return proxy.call;
};

describe.each(proxyKinds.map(({ name }) => name))('%s, as the guide ships it', (name) => {
  it('ends TLS for clients and answers where the server is', async () => {
    const call = through(name);
    expect((await call('GET', `${host}/_matrix/client/versions`)).json).toHaveProperty('versions');
    const wellKnown = 'https://example.org/.well-known/matrix';
    expect((await call('GET', `${wellKnown}/client`)).json).toMatchObject({ 'm.homeserver': { base_url: host } });
    expect((await call('GET', `${wellKnown}/server`)).json).toEqual({ 'm.server': 'matrix.example.org:443' });
    expect((await call('GET', `${host}/_matrix/key/v2/server`)).json).toMatchObject({ server_name: 'localhost' });
  });

  it('passes 20 MB up and down', async () => {
    const call = through(name);
    const { token } = conversation.alice;
    const body = randomBytes(uploadBytes);
    const headers = { 'content-type': 'application/octet-stream' };
    const sent = await call('POST', `${host}/_matrix/media/v3/upload`, { token, body, headers });
    expect(sent.status).toBe(200);
    const uri = String(sent.json['content_uri']).slice('mxc://'.length);
    const got = await call('GET', `${host}/_matrix/client/v1/media/download/${uri}`, { token });
    expect(got.body.equals(body)).toBe(true);
  });

  it('leaves encoded slashes in paths as they are', async () => {
    const call = through(name);
    const { alice, roomId } = conversation;
    const path = `${client}/rooms/${encodeURIComponent(roomId)}/state/org.example.kind/${name}%2Fwith%20slash`;
    const set = await call('PUT', path, { token: alice.token, body: { here: name } });
    expect([set.status, set.json]).toEqual([200, { event_id: expect.any(String) }]);
    const direct = await alice.ok('GET', roomPath(roomId, `state/org.example.kind/${name}%2Fwith%20slash`));
    expect(textAt(direct, 'here')).toBe(name);
  });

  it('says from where a client comes, and not what the client claims', async () => {
    const call = through(name);
    const seen = async (): Promise<unknown> => {
      const headers = { 'x-forwarded-for': '203.0.113.7' };
      const { alice } = conversation;
      const { json } = await call('GET', `${client}/devices/${alice.deviceId}`, { token: alice.token, headers });
      return json['last_seen_ip'];
    };
    await expect.poll(seen, { timeout: 30_000, interval: 200 }).toBe(clientAddress);
  });

  it("reaches nothing of the administrators' API, by no spelling of its path", async () => {
    const call = through(name);
    for (const path of [
      '/_synapse/admin/v1/register',
      '/_plexus/admin/v1/statistics',
      '/_matrix/../_synapse/admin/v1/register',
      '/_matrix/%2e%2e/_synapse/admin/v1/register',
      '/_matrix/x/..%2f..%2f_synapse/admin/v1/register',
      '//_synapse/admin/v1/register',
    ])
      expect((await call('GET', `${host}${path}`)).status, path).toBeGreaterThanOrEqual(400);
  });
});

it('a long poll waits half a minute through each of them, and a message ends one at once', async () => {
  const { alice, bob, roomId } = conversation;
  await deliverMessage(conversation, 'before', async () => undefined);
  const filter = encodeURIComponent(JSON.stringify({ room: { rooms: [] }, presence: { types: [] } }));
  const since = textAt(await bob.ok('GET', `/_matrix/client/v3/sync?timeout=0&filter=${filter}`), 'next_batch');
  const poll = (name: string, timeoutMs: number, from: string, query = '') =>
    through(name)('GET', `${client}/sync?timeout=${timeoutMs}&since=${encodeURIComponent(from)}${query}`, {
      token: bob.token,
    });
  const waited = await Promise.all(
    proxyKinds.map(async ({ name }) => {
      const startedAt = performance.now();
      const { status } = await poll(name, 31_000, since, `&filter=${filter}`);
      return { name, status, seconds: Math.floor((performance.now() - startedAt) / 1_000) };
    }),
  );
  for (const one of waited)
    expect(one, one.name).toMatchObject({ status: 200, seconds: expect.toSatisfy((s: number) => s >= 30) });
  const now = textAt(await bob.ok('GET', '/_matrix/client/v3/sync?timeout=0'), 'next_batch');
  const polls = proxyKinds.map(({ name }) => poll(name, 30_000, now));
  await alice.ok('PUT', roomPath(roomId, 'send/m.room.message/through-proxies'), {
    msgtype: 'm.text',
    body: 'through proxies',
  });
  for (const { body } of await Promise.all(polls)) expect(body.toString()).toContain('through proxies');
}, 180_000);
