import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type FederationapiService, FederationapiServiceDefinition } from '@plexus/contracts/federationapi';
import { MatrixHttpError } from '@plexus/http';
import { decodeBase64, parseSigningKey, type SigningKey } from '@plexus/matrix';
import { counter, federationapiMetrics, fromZero, gauge } from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import packageJson from '../package.json' with { type: 'json' };
import { askRemoteServers } from './api/events/ask-remote-servers.ts';
import { getServerKey } from './api/keys/get-server-key.ts';
import { getServerKeys } from './api/keys/get-server-keys.ts';
import { getVersion } from './api/version/get-version.ts';
import { authenticateOrigin, originRefusals } from './authenticate-origin.ts';
import { connectRemoteServers } from './clients/remote-server.ts';
import { createKeyRing } from './key-ring.ts';
import { loadCertificate } from './tls/certificate.ts';

/** The side of the server that other servers see. */
export const service: ServiceModule = {
  name: 'federationapi',
  migrations: new URL('./storage/migrations/', import.meta.url),
  start: async ({ config, clock, database, observability }) => {
    const { serverName, federation } = config;
    const signingKey = await loadSigningKey(config.signingKeyFile);
    const remotes = connectRemoteServers({
      allowedAddressRanges: federation.allowedAddressRanges,
      verifyCertificates: federation.verifyCertificates,
      observability,
    });
    const ownKeys = [{ ...signingKey, expiredAt: undefined }, ...config.oldSigningKeys].map((key) => ({
      serverName,
      keyId: key.keyId,
      publicKey: decodeBase64(key.publicKey) ?? Buffer.alloc(0),
      validUntilTs: Number.MAX_SAFE_INTEGER,
      expiredTs: key.expiredAt,
    }));
    const keyRing = createKeyRing(database, remotes, { serverName, keys: () => ownKeys }, clock, observability);
    const refused = fromZero(
      counter(observability, federationapiMetrics.refusedRequests),
      ...originRefusals.map((reason) => ({ reason })),
    );
    const tls = await loadCertificate(federation.tls, serverName, clock.now(), observability.log);
    gauge(observability, federationapiMetrics.certificateExpiry, (expiry) =>
      expiry.set(Date.parse(new X509Certificate(tls.cert).validTo) / 1_000),
    );
    const api: FederationapiService = {
      ...askRemoteServers,
      getServerKeys: (request) => getServerKeys(request, keyRing),
    };
    return {
      rpc: [bindService(FederationapiServiceDefinition, api)],
      handlers: {
        'federation.getServerKey': getServerKey(serverName, signingKey, config.oldSigningKeys),
        'federation.getVersion': getVersion(packageJson.version),
      },
      federation: {
        tls,
        authenticateOrigin: async (request) => {
          const result = await authenticateOrigin(
            {
              method: request.operation.method,
              uri: request.incoming.url ?? '',
              authorization: request.headers.authorization,
              content: request.operation.body === 'none' ? undefined : request.body,
              receivedAt: request.receivedAt,
            },
            serverName,
            keyRing,
          );
          if ('origin' in result) return result.origin;
          refused.inc({ reason: result.refusal });
          throw new MatrixHttpError(
            401,
            'M_UNAUTHORIZED',
            `The request's signature is not accepted: ${result.refusal}`,
          );
        },
      },
      readiness: async () => [],
      drain: async () => {},
      stop: () => remotes.close(),
    };
  },
};

async function loadSigningKey(path: string): Promise<SigningKey> {
  const key = parseSigningKey(await readFile(path, 'utf8'));
  if (key === undefined) throw new Error(`signingKeyFile: ${path} does not hold a signing key`);
  return key;
}
