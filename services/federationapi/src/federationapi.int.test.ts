import { createServer, request } from 'node:https';
import { json } from '@plexus/http';
import {
  type JsonObject,
  parseServerName,
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

/** A server that publishes its keys, at its own name. */
async function startRemote(key: SigningKey) {
  let asked = 0;
  let name: ServerName | undefined;
  const anyName = parseServerName('127.0.0.1');
  if (anyName === undefined) throw new Error('no server name');
  const tls = await loadCertificate(undefined, anyName, Date.now(), testObservability().log);
  const server = createServer(tls, (_, outgoing) => {
    asked++;
    outgoing.end(JSON.stringify(name === undefined ? {} : publishedKeys(name, key, [], Date.now() + 3_600_000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  name = parseServerName(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  if (name === undefined) throw new Error('no server name');
  return { name, key, asked: () => asked, close: () => server.close() };
}

describe('the side that other servers see', () => {
  const key = signingKey(7);
  let remote: Awaited<ReturnType<typeof startRemote>>;
  let cluster: Cluster;

  beforeAll(async () => {
    remote = await startRemote(key);
    const federation = { verifyCertificates: false, allowedAddressRanges: ['127.0.0.1'] };
    cluster = await startCluster({ services: [service, echo], config: { federation } });
  });

  afterAll(async () => {
    await cluster?.stop();
    remote?.close();
  });

  const call = (method: string, path: string, body?: JsonObject, authorization?: string) =>
    new Promise<{ status: number; body: JsonObject }>((resolve, reject) => {
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
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });

  const uri = '/_matrix/federation/v1/send/1';
  const content = { origin: 'x', origin_server_ts: 1, pdus: [] };
  const signed = (
    change: { uri?: string; destination?: ServerName | undefined; key?: SigningKey; content?: JsonObject } = {},
  ) => {
    const destination = 'destination' in change ? change.destination : cluster.config.serverName;
    const what = {
      method: 'PUT',
      uri: change.uri ?? uri,
      origin: remote.name,
      destination,
      content: change.content ?? content,
    };
    const by = change.key ?? key;
    const signature = signatureOf(signJson(signedRequestObject(what), remote.name, by), remote.name, by.keyId) ?? '';
    return formatXMatrix({ origin: remote.name, destination, keyId: by.keyId, signature });
  };

  it('publishes its keys over TLS, signed by itself', async () => {
    const { status, body } = await call('GET', '/_matrix/key/v2/server');
    expect(status).toBe(200);
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
    expect((await call('PUT', uri, content, signed({ destination: undefined }))).status).toBe(200);
    expect(remote.asked()).toBe(1);
  });

  it.each([
    ['without a signature', () => undefined],
    ['whose header is none', () => 'X-Matrix nonsense'],
    ['signed for another server', () => signed({ destination: parseServerName('other.org') })],
    ['signed for another path', () => signed({ uri: '/_matrix/federation/v1/send/2' })],
    ['signed with another body', () => signed({ content: { pdus: [1] } })],
    ['signed by a key that the server does not publish', () => signed({ key: signingKey(8) })],
  ])('refuses a request %s', async (_, authorization) => {
    const { status, body } = await call('PUT', uri, content, authorization());
    expect([status, body['errcode']]).toEqual([401, 'M_UNAUTHORIZED']);
  });

  it('gives other services the keys it knows, from its table too', async () => {
    const query = { serverName: remote.name, keyIds: [key.keyId], validAt: Date.now() };
    const { keys } = await cluster.clients.federationapi.getServerKeys({ queries: [query] });
    expect(keys).toMatchObject([{ serverName: remote.name, keyId: key.keyId }]);
    const late = { ...query, validAt: Date.now() + 30 * 24 * 3_600_000 };
    expect((await cluster.clients.federationapi.getServerKeys({ queries: [late] })).keys).toEqual([]);
    const rows = await cluster.database.query<{ key_id: string }>(
      { name: 'test_keys', text: 'SELECT key_id FROM federationapi.server_key' },
      [],
    );
    expect(rows).toEqual([{ key_id: key.keyId }]);
  });

  it('does not call an inner address on a stranger’s word', async () => {
    const strict = await startCluster({ services: [service], config: { federation: {} } });
    try {
      const before = remote.asked();
      const query = { serverName: remote.name, keyIds: [], validAt: Date.now() };
      expect(await strict.clients.federationapi.getServerKeys({ queries: [query] })).toEqual({ keys: [] });
      expect(remote.asked()).toBe(before);
    } finally {
      await strict.stop();
    }
  });
});
