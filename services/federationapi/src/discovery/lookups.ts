import { resolveSrv } from 'node:dns/promises';
import { isJsonObject, ownValue, parseStrictJson } from '@plexus/matrix';
import { LRUCache } from 'lru-cache';
import { type Dispatcher, request } from 'undici';
import type { DiscoveryLookups } from './resolve-server.ts';

const MAX_WELL_KNOWN_BYTES = 51_200;
const WELL_KNOWN_TIMEOUT_MS = 10_000;
/** Answers are kept for a day, missing ones for an hour. Server-Server API, "Well-known URI". */
const FOUND_MS = 24 * 3_600_000;
const MISSING_MS = 3_600_000;
const MAX_HOSTS = 10_000;

/** The look-ups of discovery over the network. `dispatcher` guards what may be connected to; redirects are not followed beyond it. */
export function networkLookups(dispatcher: Dispatcher): DiscoveryLookups {
  const wellKnown = new LRUCache<string, { server: string | undefined }>({ max: MAX_HOSTS });
  return {
    async wellKnown(hostname) {
      const cached = wellKnown.get(hostname);
      if (cached !== undefined) return cached.server;
      const server = await fetchWellKnown(hostname, dispatcher);
      wellKnown.set(hostname, { server }, { ttl: server === undefined ? MISSING_MS : FOUND_MS });
      return server;
    },
    async srv(name) {
      try {
        const records = await resolveSrv(name);
        return records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
      } catch (error) {
        // No record, no server or no answer: all mean that the next rule applies.
        if (error instanceof Error && 'code' in error) return [];
        throw error;
      }
    },
  };
}

async function fetchWellKnown(hostname: string, dispatcher: Dispatcher): Promise<string | undefined> {
  try {
    const answer = await request(`https://${hostname}/.well-known/matrix/server`, {
      dispatcher,
      signal: AbortSignal.timeout(WELL_KNOWN_TIMEOUT_MS),
    });
    const body = answer.statusCode === 200 ? await boundedText(answer.body, MAX_WELL_KNOWN_BYTES) : undefined;
    if (body === undefined) {
      await answer.body.dump();
      return undefined;
    }
    const parsed = parseStrictJson(body, { numbers: 'ordinary', maxDepth: 100 });
    const server = parsed.ok && isJsonObject(parsed.value) ? ownValue(parsed.value, 'm.server') : undefined;
    return typeof server === 'string' ? server : undefined;
  } catch (error) {
    // Unreachable, a bad certificate, too slow: the specification goes on with the next rule for each.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** The body as text; undefined when it is longer. */
export async function boundedText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
