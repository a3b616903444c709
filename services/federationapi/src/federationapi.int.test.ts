import { createServer, request } from 'node:https';
import { json } from '@plexus/http';
import {
  canonicalJson,
  encodeBase64,
  isJsonObject,
  type JsonObject,
  parseServerName,
  parseStrictJson,
  type ServerName,
  type SigningKey,
  signatureOf,
  signingKeyFromSeed,
  signJson,
  verifyJson,
} from '@plexus/matrix';
import type { ServiceModule } from '@plexus/service';
import { type Cluster, startCluster, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedKeys } from './domain/server-keys.ts';
import { formatXMatrix, signedRequestObject } from './domain/x-matrix.ts';
import { service } from './main.ts';
import { loadCertificate } from './tls/certificate.ts';

/** An operation that other servers may call, in place of those that are still to come. */
const echo: ServiceModule = {
  name: 'clientapi',
  migrations: undefined,
  start: async () => ({
    rpc: [],
    handlers: {
      'federation.sendTransaction': ({ origin, body }) => json({ origin, pdus: body['pdus'] }),
      'federation.sendJoinV2': ({ origin }) => json({ origin }),
    },
    readiness: async () => [],
    drain: async () => {},
    stop: async () => {},
  }),
};

function signingKey(fill: number): SigningKey {
  const key = signingKeyFromSeed(`k${fill}`, Buffer.alloc(32, fill));
  if (key === undefined) throw new Error('no key');
  return key;
}

function mustBeServerName(text: string): ServerName {
  const name = parseServerName(text);
  if (name === undefined) throw new Error(`no server name: ${text}`);
  return name;
}

/** A server that publishes its keys, at its own name. */
async function startRemote(first: SigningKey) {
  let key = first;
  let asked = 0;
  let name: ServerName | undefined;
  const { log } = testObservability();
  const { current: tls } = await loadCertificate(undefined, mustBeServerName('127.0.0.1'), Date.now(), log);
  const server = createServer(tls, (_, outgoing) => {
    asked++;
    outgoing.end(JSON.stringify(name === undefined ? {} : publishedKeys(name, [key], [], Date.now() + 3_600_000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  name = parseServerName(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  if (name === undefined) throw new Error('no server name');
  const publish = (next: SigningKey) => {
    key = next;
  };
  return { name, publish, asked: () => asked, close: () => server.close() };
}

const otherServer = mustBeServerName('other.org');

describe('the side that other servers see', () => {
  let hoursLater = 0;
  const key = signingKey(7);
  let remote: Awaited<ReturnType<typeof startRemote>>;
  let cluster: Cluster;

  beforeAll(async () => {
    remote = await startRemote(key);
    const federation = {
      verifyCertificates: false,
      allowedAddressRanges: ['127.0.0.1'],
      deniedServers: ['127.0.0.1:1'],
    };
    const clock = { now: Date.now, monotonic: () => performance.now() + hoursLater * 3_600_000 };
    cluster = await startCluster({ services: [service, echo], config: { federation }, clock });
  });

  afterAll(async () => {
    await cluster?.stop();
    remote?.close();
  });

  const call = (method: string, path: string, body?: JsonObject | string, authorization?: string) =>
    new Promise<{ status: number; body: JsonObject; text: string }>((resolve, reject) => {
      const headers = {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(authorization !== undefined && { authorization }),
      };
      const options = {
        host: '127.0.0.1',
        port: cluster.federationPort,
        method,
        path,
        headers,
        rejectUnauthorized: false,
      };
      const outgoing = request(options, (incoming) => {
        let text = '';
        incoming.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text), text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });

  const uri = '/_matrix/federation/v1/send/1';
  const content = { origin: 'x', origin_server_ts: 1, pdus: [] };
  const signed = (
    change: {
      uri?: string;
      destination?: ServerName;
      isInHeader?: boolean;
      isInObject?: boolean;
      origin?: ServerName;
      key?: SigningKey;
      content?: JsonObject;
    } = {},
  ) => {
    const destination = change.destination ?? cluster.config.serverName;
    const origin = change.origin ?? remote.name;
    const object = signedRequestObject({
      method: 'PUT',
      uri: change.uri ?? uri,
      origin,
      destination,
      content: change.content ?? content,
    });
    if (change.isInObject === false) delete object['destination'];
    const by = change.key ?? key;
    const signature = signatureOf(signJson(object, origin, by), origin, by.keyId) ?? '';
    const named = change.isInHeader === false ? undefined : destination;
    return formatXMatrix({ origin, destination: named, keyId: by.keyId, signature });
  };

  it('publishes its keys over TLS, signed by itself', async () => {
    const { status, body, text } = await call('GET', '/_matrix/key/v2/server');
    expect(status).toBe(200);
    expect(text).toBe(canonicalJson(body));
    const { serverName } = cluster.config;
    expect(body['server_name']).toBe(serverName);
    const [published] = Object.entries(body['verify_keys'] ?? {});
    expect(verifyJson(body, serverName, published?.[0] ?? '', String(published?.[1].key))).toBe(true);
    expect(Number(body['valid_until_ts'])).toBeGreaterThan(Date.now() + 3_600_000);
  });

  it('says what it is', async () => {
    const { body } = await call('GET', '/_matrix/federation/v1/version');
    expect(body).toEqual({ server: { name: 'Plexus', version: expect.any(String) } });
  });

  it('believes a request that the other server has signed, and asks for its keys once', async () => {
    for (let i = 0; i < 3; i++) {
      const { status, body } = await call('PUT', uri, content, signed());
      expect([status, body['origin']]).toEqual([200, remote.name]);
    }
    expect(remote.asked()).toBe(1);
  });

  it('believes a request of a server whose header does not name the destination, which is signed all the same', async () => {
    expect((await call('PUT', uri, content, signed({ isInHeader: false }))).status).toBe(200);
    expect((await call('PUT', uri, content, signed({ isInHeader: false, isInObject: false }))).status).toBe(401);
  });

  it('verifies the source text of numbers, since events of old room versions have floats', async () => {
    const text = '{"pdus":[{"content":{"a":1.0,"b":1e2,"c":123456789012345678901234567890,"d":-0}}]}';
    const parsed = parseStrictJson(text, { numbers: 'preserved' });
    if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('no object');
    const { status, text: answer } = await call('PUT', uri, text, signed({ content: parsed.value }));
    expect([status, answer]).toEqual([200, `{"origin":"${remote.name}",${text.slice(1)}`]);
  });

  it('takes a transaction of 12 MiB, and a body of 1 MiB for everything else', async () => {
    const large = { origin: 'x', pdus: ['a'.repeat(11 * 1024 * 1024)] };
    expect((await call('PUT', uri, large, signed({ content: large }))).status).toBe(200);
    const larger = { origin: 'x', pdus: ['a'.repeat(12 * 1024 * 1024)] };
    expect((await call('PUT', uri, larger, signed({ content: larger }))).status).toBe(413);
    const join = '/_matrix/federation/v2/send_join/!a:b/$c';
    const event = { a: 'a'.repeat(1024 * 1024) };
    expect((await call('PUT', join, event, signed({ uri: join, content: event }))).status).toBe(413);
  });

  it('refuses a request without a good origin before it has read the body', async () => {
    const [status] = await new Promise<[number]>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': 11 * 1024 * 1024 };
      const options = { host: '127.0.0.1', port: cluster.federationPort, method: 'PUT', path: uri, headers };
      const outgoing = request({ ...options, rejectUnauthorized: false }, (incoming) => {
        resolve([incoming.statusCode ?? 0]);
        outgoing.destroy();
      });
      outgoing.on('error', reject);
      outgoing.flushHeaders();
    });
    expect(status).toBe(401);
  });

  it('answers a denied server with 403 and does not fetch its keys', async () => {
    const before = remote.asked();
    const denied = mustBeServerName('127.0.0.1:1');
    const { status, body } = await call('PUT', uri, content, signed({ origin: denied }));
    expect([status, body['errcode'], remote.asked()]).toEqual([403, 'M_FORBIDDEN', before]);
  });

  it('does not believe a request that it seems to have sent itself', async () => {
    const origin = cluster.config.serverName;
    expect((await call('PUT', uri, content, signed({ origin }))).status).toBe(401);
  });

  it.each([
    ['without a signature', () => undefined],
    ['whose header is none', () => 'X-Matrix nonsense'],
    ['signed for another server', () => signed({ destination: otherServer })],
    ['signed for another path', () => signed({ uri: '/_matrix/federation/v1/send/2' })],
    ['signed with another body', () => signed({ content: { pdus: [1] } })],
    ['signed by a key that the server does not publish', () => signed({ key: signingKey(8) })],
  ])('refuses a request %s', async (_, authorization) => {
    const { status, body } = await call('PUT', uri, content, authorization());
    expect([status, body['errcode']]).toEqual([401, 'M_UNAUTHORIZED']);
  });

  it('gives other services the keys it knows, from its table too', async () => {
    const query = { serverName: remote.name, keyIds: [key.keyId], validAt: Date.now(), refresh: false };
    const { keys } = await cluster.clients.federationapi.getServerKeys({ queries: [query] });
    expect(keys).toMatchObject([{ serverName: remote.name, keyId: key.keyId }]);
    const late = { ...query, validAt: Date.now() + 30 * 24 * 3_600_000 };
    expect((await cluster.clients.federationapi.getServerKeys({ queries: [late] })).keys).toEqual([]);
    const rows = await cluster.database.query<{ key_id: string }>(
      { name: 'test_keys', text: 'SELECT key_id FROM federationapi.verify_key' },
      [],
    );
    expect(rows).toEqual([{ key_id: key.keyId }]);
  });

  it('believes a server that was installed anew with the same key id, and asks it again once an hour at most', async () => {
    const anew = { ...signingKey(9), keyId: key.keyId };
    hoursLater = 1;
    const before = remote.asked();
    expect((await call('PUT', uri, content, signed({ key: anew }))).status).toBe(401);
    expect(remote.asked()).toBe(before + 1);
    remote.publish(anew);
    expect((await call('PUT', uri, content, signed({ key: anew }))).status).toBe(401);
    expect(remote.asked()).toBe(before + 1);
    hoursLater = 2;
    expect((await call('PUT', uri, content, signed({ key: anew }))).status).toBe(200);
    expect((await call('PUT', uri, content, signed())).status).toBe(401);
    expect(remote.asked()).toBe(before + 2);
    const query = { serverName: remote.name, keyIds: [key.keyId], validAt: Date.now() - 1_000, refresh: false };
    const { keys } = await cluster.clients.federationapi.getServerKeys({ queries: [query] });
    expect(keys.map(({ publicKey }) => encodeBase64(publicKey))).toEqual([anew.publicKey, key.publicKey]);
  });

  it('does not call an inner address on a stranger’s word', async () => {
    const strict = await startCluster({ services: [service], config: { federation: {} } });
    try {
      const before = remote.asked();
      const query = { serverName: remote.name, keyIds: [], validAt: Date.now(), refresh: false };
      expect(await strict.clients.federationapi.getServerKeys({ queries: [query] })).toEqual({ keys: [] });
      expect(remote.asked()).toBe(before);
    } finally {
      await strict.stop();
    }
  });
});
