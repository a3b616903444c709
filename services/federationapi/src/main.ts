import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { productVersion, readAuthorities, readSigningKeys } from '@plexus/config';
import { type FederationapiService, FederationapiServiceDefinition } from '@plexus/contracts/federationapi';
import { type AuthenticateOrigin, MatrixHttpError } from '@plexus/http';
import { decodeBase64, type ServerName, type SigningKeys } from '@plexus/matrix';
import {
  counter,
  federationapiMetrics,
  fromZero,
  gauge,
  type Observability,
  showSigningKey,
} from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { askRemoteServers } from './api/events/ask-remote-servers.ts';
import { getServerKey } from './api/keys/get-server-key.ts';
import { getServerKeys } from './api/keys/get-server-keys.ts';
import { getVersion } from './api/version/get-version.ts';
import {
  claimedOrigin,
  type OriginContext,
  type OriginRefusal,
  originRefusals,
  verifiedOrigin,
} from './authenticate-origin.ts';
import { connectRemoteServers } from './clients/remote-server.ts';
import type { OldSigningKey, ServerKey } from './domain/server-keys.ts';
import { serverPolicy } from './domain/server-policy.ts';
import { FetchedKeyRing } from './key-ring.ts';
import { loadCertificate } from './tls/certificate.ts';

/** The side of the server that other servers see. */
export const service: ServiceModule = {
  name: 'federationapi',
  migrations: new URL('./storage/migrations/', import.meta.url),
  signs: true,
  start: async ({ config, clock, random, database, observability }) => {
    const { serverName, federation } = config;
    const signingKeys = readSigningKeys(config.signingKeyFile);
    showSigningKey(observability, signingKeys[0]);
    const policy = serverPolicy(federation);
    const remotes = connectRemoteServers({
      allowedAddressRanges: federation.allowedAddressRanges,
      verifyCertificates: federation.verifyCertificates,
      authorities: loadAuthorities(federation.authoritiesFile),
      policy,
      clock,
      random: () => random.bytes(4).readUInt32BE() / 2 ** 32,
      observability,
    });
    const own = { serverName, keys: ownKeys(serverName, signingKeys, config.oldSigningKeys) };
    const keyRing = new FetchedKeyRing({ database, remotes, own, clock, observability });
    const tls = await loadCertificate(federation.tls, serverName, clock.now(), observability.log);
    gauge(observability, federationapiMetrics.certificateExpiry, (expiry) =>
      expiry.set(Date.parse(new X509Certificate(tls.current.cert).validTo) / 1_000),
    );
    const api: FederationapiService = {
      ...askRemoteServers,
      getServerKeys: (request) => getServerKeys(request, keyRing),
    };
    return {
      rpc: [bindService(FederationapiServiceDefinition, api)],
      handlers: {
        'federation.getServerKey': getServerKey(serverName, signingKeys, config.oldSigningKeys),
        'federation.getVersion': getVersion(productVersion()),
      },
      federation: {
        tls,
        authenticateOrigin: authenticateOrigin({ ownName: serverName, keyRing, policy }, observability),
      },
      readiness: async () => [],
      drain: async () => {},
      stop: () => remotes.close(),
    };
  },
};

/** The authentication of requests of other servers, with its refusals counted and answered. */
function authenticateOrigin(context: OriginContext, observability: Observability): AuthenticateOrigin {
  const refused = fromZero(
    counter(observability, federationapiMetrics.refusedRequests),
    ...originRefusals.map((reason) => ({ reason })),
  );
  const refusal = (reason: OriginRefusal): MatrixHttpError => {
    refused.inc({ reason });
    return reason === 'denied server'
      ? new MatrixHttpError(403, 'M_FORBIDDEN', 'This server does not accept requests of your server')
      : new MatrixHttpError(401, 'M_UNAUTHORIZED', `The request's signature is not accepted: ${reason}`);
  };
  return async ({ operation, incoming, headers, receivedAt }) => {
    const { authorization } = headers;
    const head = { method: operation.method, uri: incoming.url ?? '', authorization, receivedAt };
    const claim = await claimedOrigin(head, context);
    if ('refusal' in claim) throw refusal(claim.refusal);
    return async (content) => {
      const result = await verifiedOrigin(claim, content, context);
      if ('refusal' in result) throw refusal(result.refusal);
      return result.origin;
    };
  };
}

function loadAuthorities(path: string | undefined): readonly string[] | undefined {
  return path === undefined ? undefined : [...rootCertificates, readAuthorities(path)];
}

/** This server's keys as its own key ring knows them: an event of its own verifies as one of another server does. */
function ownKeys(serverName: ServerName, current: SigningKeys, old: readonly OldSigningKey[]): ServerKey[] {
  const validUntilTs = Number.MAX_SAFE_INTEGER;
  return [...current.map((key) => ({ ...key, expiredAt: undefined })), ...old].map((key) => ({
    serverName,
    keyId: key.keyId,
    publicKey: decodeBase64(key.publicKey) ?? Buffer.alloc(0),
    validUntilTs,
    expiredTs: key.expiredAt,
    supersededAt: undefined,
  }));
}
