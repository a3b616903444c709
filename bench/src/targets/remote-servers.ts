import { type FederationapiService, FederationapiServiceDefinition } from '@plexus/contracts/federationapi';
import { type ServerName, type SigningKey, signingKeyFromSeed } from '@plexus/matrix';
import type { Observability } from '@plexus/observability';
import { bindService, type RpcServer, serveRpc } from '@plexus/rpc';

const SEED_BYTES = 32;
const VALID_UNTIL = Date.UTC(2100, 0, 1);

/** The key by which another server of the benchmark signs. */
export function keyOfServer(server: ServerName | string): SigningKey {
  const key = signingKeyFromSeed('b', Buffer.from(server.padEnd(SEED_BYTES, '.').slice(0, SEED_BYTES)));
  if (key === undefined) throw new Error(`${server} has no key`);
  return key;
}

/** federationapi in this process: it knows the keys of all servers, and no server gives anything beside what it sends. */
export function serveRemoteServers(token: string, port: number, observability: Observability): Promise<RpcServer> {
  const service: FederationapiService = {
    getServerKeys: async ({ queries }) => ({
      keys: queries.map(({ serverName }) => {
        const { keyId, publicKey } = keyOfServer(serverName);
        return {
          serverName,
          keyId,
          publicKey: Buffer.from(publicKey, 'base64'),
          validUntilTs: VALID_UNTIL,
          expiredTs: undefined,
        };
      }),
    }),
    getMissingEvents: async () => ({ pdus: [] }),
    getEventAuth: async () => ({ pdus: [] }),
    getStateIds: async () => ({ stateEventIds: [], authEventIds: [] }),
    getRemoteEvents: async () => ({ pdus: [] }),
    backfill: async () => ({ pdus: [] }),
  };
  const bound = [bindService(FederationapiServiceDefinition, service)];
  return serveRpc({ bound, listen: { host: '127.0.0.1', port }, token, observability });
}
