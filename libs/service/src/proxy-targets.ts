import type { PlexusConfig } from '@plexus/config';
import type { ProxyTargets } from '@plexus/http';
import type { Logger } from '@plexus/observability';
import type { OperationOwner } from '@plexus/routes';
import { type AddressSource, listedAddresses, rendezvousOrder, resolvedAddresses } from '@plexus/rpc';

export interface GatewayTargets extends ProxyTargets {
  close(): void;
}

/** syncapi keeps its users in memory: another replica answers as well, at the price of looking them up again. */
const ownersWithAffinity: readonly OperationOwner[] = ['syncapi'];

/**
 * The replicas that answer for an operation's owner, in the order in which they are to be tried: for syncapi by rendezvous hash of the access
 * token, so that a user stays with one as long as it is there; for the others in turn.
 */
export function proxyTargets({ services }: PlexusConfig, log: Logger): GatewayTargets {
  const sources = new Map<string, AddressSource>();
  for (const [owner, peer] of Object.entries(services))
    if (peer !== undefined && peer.http.length > 0)
      sources.set(owner, peer.replicas === 'dns' ? resolvedUrls(peer.http, log) : listedAddresses(peer.http));
  let turn = 0;
  return {
    of(owner, token) {
      const addresses = sources.get(owner)?.current;
      if (addresses === undefined || addresses.length < 2) return addresses;
      if (token !== undefined && ownersWithAffinity.includes(owner))
        return rendezvousOrder(token, addresses).flatMap((index) => addresses[index] ?? []);
      turn = (turn + 1) % addresses.length;
      return [...addresses.slice(turn), ...addresses.slice(0, turn)];
    },
    close: () => {
      for (const source of sources.values()) source.close();
    },
  };
}

/** Base URLs by the addresses of their hosts. */
function resolvedUrls(urls: readonly string[], log: Logger): AddressSource {
  const hosts = urls.map((url) => new URL(url)).map(({ hostname, port }) => `${hostname}:${port || '80'}`);
  const source = resolvedAddresses(hosts, { log });
  let current: readonly string[] = [];
  source.onChange(() => {
    current = source.current.map((address) => `http://${address}`);
  });
  return {
    get current() {
      return current;
    },
    isConfigured: source.isConfigured,
    onChange: (listener) => source.onChange(listener),
    close: () => source.close(),
  };
}
