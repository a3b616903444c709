import { isIP } from 'node:net';
import { isJsonObject, type JsonObject, parseStrictJson, type ServerName } from '@plexus/matrix';
import { federationapiMetrics, histogram, type Observability } from '@plexus/observability';
import { Agent, buildConnector, request } from 'undici';
import { boundedText, networkLookups } from '../discovery/lookups.ts';
import { resolveServer, type ServerAddress } from '../discovery/resolve-server.ts';
import { addressGuard, ForbiddenAddressError, guardedLookup } from './address-guard.ts';

/** Another server could not be asked; for logs, never for clients. */
export class RemoteServerError extends Error {
  override readonly name = 'RemoteServerError';
}

export interface RemoteServers {
  /** GET of a path of another server's API that needs no signature. @throws RemoteServerError */
  get(serverName: ServerName, path: string, maxBytes: number): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface RemoteServersOptions {
  /** Inner addresses or ranges (CIDR) that may be called all the same: the operator's own test or intranet servers. */
  readonly allowedAddressRanges: readonly string[];
  /** False only for tests with self-signed certificates. */
  readonly verifyCertificates: boolean;
  readonly observability: Observability;
}

const TIMEOUT_MS = 30_000;

/** Connections to other servers: the address is checked where it is connected to, the certificate against the name that was asked for. */
export function connectRemoteServers(options: RemoteServersOptions): RemoteServers {
  const isAllowed = addressGuard(options.allowedAddressRanges);
  const connector = buildConnector({
    lookup: guardedLookup(isAllowed),
    rejectUnauthorized: options.verifyCertificates,
    timeout: 10_000,
  });
  const agent = new Agent({
    connections: 8,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: (target, callback) => {
      // A look-up is not made for a literal, so a literal is checked here.
      const host = target.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && !isAllowed(host)) callback(new ForbiddenAddressError(`${host} may not be called`), null);
      else connector(target, callback);
    },
  });
  const lookups = networkLookups(agent);
  const seconds = histogram(options.observability, federationapiMetrics.requestSeconds);
  return {
    async get(serverName, path, maxBytes) {
      const end = seconds.startTimer();
      let outcome = 'failed';
      try {
        const address = await resolveServer(serverName, lookups);
        const answer = await request(urlOf(address, path), {
          dispatcher: agent,
          headers: { host: address.hostHeader },
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (answer.statusCode !== 200) {
          await answer.body.dump();
          throw new RemoteServerError(`answered ${answer.statusCode}`);
        }
        const text = await boundedText(answer.body, maxBytes);
        const parsed = text === undefined ? undefined : parseStrictJson(text, { numbers: 'ordinary', maxDepth: 100 });
        if (parsed?.ok !== true || !isJsonObject(parsed.value)) throw new RemoteServerError('did not answer with JSON');
        outcome = 'ok';
        return parsed.value;
      } catch (error) {
        if (error instanceof RemoteServerError) throw error;
        throw new RemoteServerError('cannot be reached', { cause: error });
      } finally {
        end({ outcome });
      }
    },
    close: () => agent.destroy(),
  };
}

function urlOf({ host, port }: ServerAddress, path: string): string {
  return `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}${path}`;
}
