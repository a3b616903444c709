import { parseServerName, type ServerName, serverNameParts } from '@plexus/matrix';

/** Where a server answers: what to connect to, and the name that its certificate and the Host header carry. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly hostHeader: string;
  readonly certificateName: string;
}

/** What resolving asks of the outside. */
export interface DiscoveryLookups {
  /** The `m.server` of https://name/.well-known/matrix/server; undefined when there is none that can be used. */
  wellKnown(hostname: string): Promise<string | undefined>;
  /** Targets of an SRV record, best first; empty when there is none. */
  srv(name: string): Promise<readonly { name: string; port: number }[]>;
}

const DEFAULT_PORT = 8448;

/** Finds where a server answers. Server-Server API, "Resolving server names". */
export async function resolveServer(serverName: ServerName, lookups: DiscoveryLookups): Promise<ServerAddress> {
  const fixed = addressIn(serverName);
  if (fixed !== undefined) return fixed;
  const { host } = serverNameParts(serverName);
  const delegated = parseServerName((await lookups.wellKnown(host)) ?? '');
  // What a well-known file points at is resolved once more, but for a well-known file of its own.
  if (delegated !== undefined) return addressIn(delegated) ?? bySrvOrDefault(serverNameParts(delegated).host, lookups);
  return bySrvOrDefault(host, lookups);
}

/** The address that an IP literal or an explicit port gives without asking anybody. */
function addressIn(serverName: ServerName): ServerAddress | undefined {
  const { host, kind, port } = serverNameParts(serverName);
  if (kind === 'dns' && port === undefined) return undefined;
  return { host, port: port ?? DEFAULT_PORT, hostHeader: serverName, certificateName: host };
}

async function bySrvOrDefault(host: string, lookups: DiscoveryLookups): Promise<ServerAddress> {
  return (await bySrv(host, lookups)) ?? { host, port: DEFAULT_PORT, hostHeader: host, certificateName: host };
}

async function bySrv(host: string, lookups: DiscoveryLookups): Promise<ServerAddress | undefined> {
  for (const service of ['_matrix-fed', '_matrix']) {
    const [target] = await lookups.srv(`${service}._tcp.${host}`);
    if (target !== undefined) return { host: target.name, port: target.port, hostHeader: host, certificateName: host };
  }
  return undefined;
}
