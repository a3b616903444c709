import { isJsonObject, type JsonObject, parseStrictJson, type ServerName } from '@plexus/matrix';
import { type Clock, federationapiMetrics, histogram, type Observability } from '@plexus/observability';
import { request } from 'undici';
import { networkLookups } from '../discovery/lookups.ts';
import { type DiscoveryLookups, resolveServer, type ServerAddress } from '../discovery/resolve-server.ts';
import type { WellKnownFetch } from '../discovery/well-known.ts';
import type { ServerPolicy } from '../domain/server-policy.ts';
import { addressGuard } from './address-guard.ts';
import { boundedText } from './bounded-text.ts';
import { Connections, originOf } from './connections.ts';

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
  /** Private addresses or ranges (CIDR) that may be called all the same: the operator's own test or intranet servers. */
  readonly allowedAddressRanges: readonly string[];
  /** False only for tests with self-signed certificates. */
  readonly verifyCertificates: boolean;
  /** PEM certificates of authorities that are trusted besides the system's. */
  readonly authorities: readonly string[] | undefined;
  readonly policy: ServerPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observability: Observability;
  /** Instead of the network's: for tests. */
  readonly lookups?: DiscoveryLookups;
}

const TIMEOUT_MS = 30_000;
const WELL_KNOWN_TIMEOUT_MS = 10_000;
const MAX_WELL_KNOWN_BYTES = 51_200;
/** Errors before a request was sent: the next address of the server may answer. */
const CONNECT_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Requests to other servers. The address is checked where it is connected to, the certificate against the name that was asked for. */
export function connectRemoteServers(options: RemoteServersOptions): RemoteServers {
  const connections = new Connections({
    isAllowed: addressGuard(options.allowedAddressRanges),
    verifyCertificates: options.verifyCertificates,
    authorities: options.authorities,
    timeoutMs: TIMEOUT_MS,
  });
  const lookups = options.lookups ?? networkLookups(wellKnownFetch(connections), options.clock, options.random);
  const seconds = histogram(options.observability, federationapiMetrics.requestSeconds);
  return {
    async get(serverName, path, maxBytes) {
      if (!options.policy.allows(serverName)) throw new RemoteServerError('is not allowed by the configuration');
      const end = seconds.startTimer();
      let outcome = 'failed';
      try {
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const addresses = await resolveServer(serverName, lookups);
        const answer = await getFromAny(connections, addresses, path, maxBytes, signal);
        outcome = 'ok';
        return answer;
      } catch (error) {
        if (error instanceof RemoteServerError) throw error;
        throw new RemoteServerError('cannot be reached', { cause: error });
      } finally {
        end({ outcome });
      }
    },
    close: () => connections.close(),
  };
}

/** Tries the addresses of a server in turn, until one takes the connection. */
async function getFromAny(
  connections: Connections,
  addresses: readonly ServerAddress[],
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<JsonObject> {
  let lastError: unknown = new RemoteServerError('offers no federation: its SRV record says so');
  for (const address of addresses) {
    try {
      return await getFrom(connections, address, path, maxBytes, signal);
    } catch (error) {
      if (!isConnectError(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

async function getFrom(
  connections: Connections,
  address: ServerAddress,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<JsonObject> {
  const answer = await request(`${originOf(address)}${path}`, {
    dispatcher: connections.to(address),
    headers: { host: address.hostHeader },
    signal,
  });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw new RemoteServerError(`answered ${answer.statusCode}`);
  }
  const text = await boundedText(answer.body, maxBytes);
  const parsed = text === undefined ? undefined : parseStrictJson(text, { numbers: 'preserved', maxDepth: 100 });
  if (parsed?.ok !== true || !isJsonObject(parsed.value)) throw new RemoteServerError('did not answer with JSON');
  return parsed.value;
}

function isConnectError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.every(isConnectError);
  return 'code' in error && typeof error.code === 'string' && CONNECT_ERRORS.has(error.code);
}

function wellKnownFetch(connections: Connections): WellKnownFetch {
  return async (text) => {
    const url = new URL(text);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const target = { host, port: url.port === '' ? 443 : Number(url.port), certificateName: host };
    const answer = await request(url, {
      dispatcher: connections.to(target),
      signal: AbortSignal.timeout(WELL_KNOWN_TIMEOUT_MS),
    });
    const { headers, statusCode: status } = answer;
    const header = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined);
    const body = await boundedText(answer.body, MAX_WELL_KNOWN_BYTES);
    if (body === undefined) await answer.body.dump();
    const [location, cacheControl, expires] = [header('location'), header('cache-control'), header('expires')];
    return { status, location, cacheControl, expires, body };
  };
}
