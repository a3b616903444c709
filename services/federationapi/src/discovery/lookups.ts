import { resolveSrv } from 'node:dns/promises';
import type { Clock } from '@plexus/observability';
import { LRUCache } from 'lru-cache';
import type { DiscoveryLookups } from './resolve-server.ts';
import { fetchDelegation, type WellKnownFetch } from './well-known.ts';

const MAX_HOSTS = 10_000;

/** The look-ups of discovery over the network. `fetch` guards what may be connected to. */
export function networkLookups(fetch: WellKnownFetch, clock: Clock, random: () => number): DiscoveryLookups {
  const delegations = new LRUCache<string, { server: string | undefined }>({ max: MAX_HOSTS });
  return {
    random,
    async wellKnown(hostname) {
      const cached = delegations.get(hostname);
      if (cached !== undefined) return cached.server;
      const { server, ttlMs } = await fetchDelegation(hostname, fetch, clock.now());
      delegations.set(hostname, { server }, { ttl: ttlMs });
      return server;
    },
    async srv(name) {
      try {
        return await resolveSrv(name);
      } catch (error) {
        // No record, no server or no answer: each means that the next rule applies.
        if (error instanceof Error && 'code' in error) return [];
        throw error;
      }
    },
  };
}
