import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { parseServerName, type ServerName } from '@plexus/matrix';
import { systemClock } from '@plexus/observability';
import { testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SrvRecord } from '../discovery/resolve-server.ts';
import { serverPolicy } from '../domain/server-policy.ts';
import { loadCertificate } from '../tls/certificate.ts';
import { connectRemoteServers, type RemoteServers } from './remote-server.ts';

function serverName(text: string): ServerName {
  const name = parseServerName(text);
  if (name === undefined) throw new Error(`no server name: ${text}`);
  return name;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

describe('requests to other servers', () => {
  let server: Server;
  let remotes: RemoteServers;
  /** Server name indications of the connections that were opened. */
  const opened: (string | false | null | undefined)[] = [];
  const hosts: (string | undefined)[] = [];
  const records = new Map<string, readonly SrvRecord[]>();

  beforeAll(async () => {
    const observability = testObservability();
    const { current: tls } = await loadCertificate(undefined, serverName('a.test'), Date.now(), observability.log);
    server = createServer(tls, (incoming, outgoing) => {
      hosts.push(incoming.headers.host);
      outgoing.end('{"ok":true}');
    });
    server.on('secureConnection', (socket: TLSSocket) => opened.push(socket.servername));
    const port = await listen(server);
    const unused = createServer(tls);
    const closedPort = await listen(unused);
    await new Promise((resolve) => unused.close(resolve));
    const record = (at: number, priority: number): SrvRecord => ({ name: 'localhost', port: at, priority, weight: 1 });
    for (const host of ['a.test', 'b.test']) records.set(`_matrix-fed._tcp.${host}`, [record(port, 1)]);
    records.set('_matrix-fed._tcp.half-dead.test', [record(closedPort, 1), record(port, 2)]);
    records.set('_matrix-fed._tcp.dead.test', [record(closedPort, 1)]);
    remotes = connectRemoteServers({
      allowedAddressRanges: ['127.0.0.1', '::1'],
      verifyCertificates: false,
      authorities: undefined,
      policy: serverPolicy({ deniedServers: ['denied.test'] }),
      clock: systemClock,
      random: () => 0,
      observability,
      lookups: { wellKnown: async () => undefined, srv: async (name) => records.get(name) ?? [], random: () => 0 },
    });
  });

  afterAll(async () => {
    await remotes?.close();
    server?.close();
  });

  const get = (name: string) => remotes.get(serverName(name), '/', 1_000);

  it('keep a connection for each name that one address has, and do not open one anew at every change of name', async () => {
    for (const name of ['a.test', 'b.test', 'a.test', 'b.test', 'a.test']) await get(name);
    expect(opened).toEqual(['a.test', 'b.test']);
    expect(hosts).toEqual(['a.test', 'b.test', 'a.test', 'b.test', 'a.test']);
  });

  it('go to the next target of the SRV record when one takes no connection', async () => {
    expect(await get('half-dead.test')).toEqual({ ok: true });
    await expect(get('dead.test')).rejects.toThrow('cannot be reached');
  });

  it('are not sent to a server that the operator has denied', async () => {
    await expect(get('denied.test')).rejects.toThrow('not allowed by the configuration');
  });
});
