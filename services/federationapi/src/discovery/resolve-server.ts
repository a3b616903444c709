import { parseServerName, type ServerName, serverNameParts } from '@plexus/matrix';

/** An address of a server: what to connect to, and the names that its certificate and the Host header carry. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly hostHeader: string;
  readonly certificateName: string;
}

/** A record of an SRV answer. RFC 2782. */
export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What resolving asks of the outside. */
export interface DiscoveryLookups {
  /** The `m.server` of https://name/.well-known/matrix/server; undefined when there is none that can be used. */
  wellKnown(hostname: string): Promise<string | undefined>;
  /** The records of an SRV name, in any order; empty when there are none. */
  srv(name: string): Promise<readonly SrvRecord[]>;
  /** A random number, at least 0 and below 1. */
  random(): number;
}

const DEFAULT_PORT = 8448;

/**
 * Finds the addresses of a server, in the order in which a connection is to be tried: several when SRV records name them. Empty when a
 * record says that the service is not offered. Server-Server API, "Resolving server names".
 */
export async function resolveServer(serverName: ServerName, lookups: DiscoveryLookups): Promise<ServerAddress[]> {
  const fixed = addressIn(serverName);
  if (fixed !== undefined) return [fixed];
  const { host } = serverNameParts(serverName);
  const delegated = parseServerName((await lookups.wellKnown(host)) ?? '');
  if (delegated === undefined) return bySrvOrDefault(host, lookups);
  // The name in a well-known file is resolved in the same way, except that no further well-known file is fetched.
  const fixedByDelegation = addressIn(delegated);
  return fixedByDelegation === undefined
    ? bySrvOrDefault(serverNameParts(delegated).host, lookups)
    : [fixedByDelegation];
}

/** The address that an IP literal or an explicit port gives without a look-up. */
function addressIn(serverName: ServerName): ServerAddress | undefined {
  const { host, kind, port } = serverNameParts(serverName);
  if (kind === 'dns' && port === undefined) return undefined;
  return { host, port: port ?? DEFAULT_PORT, hostHeader: serverName, certificateName: host };
}

async function bySrvOrDefault(host: string, lookups: DiscoveryLookups): Promise<ServerAddress[]> {
  for (const service of ['_matrix-fed', '_matrix']) {
    const records = await lookups.srv(`${service}._tcp.${host}`);
    if (records.length === 0) continue;
    return orderedBySrv(records, lookups.random)
      .map(({ name, port }) => ({ name: name.replace(/\.$/, ''), port }))
      .filter(({ name }) => name !== '')
      .map(({ name, port }) => ({ host: name, port, hostHeader: host, certificateName: host }));
  }
  return [{ host, port: DEFAULT_PORT, hostHeader: host, certificateName: host }];
}

/** Records by ascending priority; those of one priority are drawn at random, in proportion to their weights. RFC 2782, "Usage rules". */
export function orderedBySrv(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.flatMap((priority) => {
    const left = records.filter((record) => record.priority === priority);
    const drawn: SrvRecord[] = [];
    while (left.length > 0) {
      // A weight of zero keeps a small chance beside records that have one.
      const weights = left.map(({ weight }) => Math.max(weight, 0.001));
      const point = random() * weights.reduce((sum, weight) => sum + weight, 0);
      drawn.push(...left.splice(indexAt(weights, point), 1));
    }
    return drawn;
  });
}

/** The index of the weight in which a point lies, when they are laid end to end. */
function indexAt(weights: readonly number[], point: number): number {
  let end = 0;
  for (const [index, weight] of weights.entries()) {
    end += weight;
    if (point < end) return index;
  }
  return weights.length - 1;
}
