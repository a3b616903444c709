import { cacheMetrics, counter, gauge, type Observability } from '@plexus/observability';
import { LRUCache } from 'lru-cache';
import { scaledBytes } from './cache-scale.ts';

export interface ByteBoundedCacheOptions<Key extends string | number, Value extends object | string> {
  /** Label of its metrics, unique in a service, for example `syncapi_timelines`. */
  readonly name: string;
  /** What all entries together may take under the usual memory budget (see setCacheScale); the least recently used go first. */
  readonly maxBytes: number;
  /** About what an entry keeps in memory, keys and objects included. */
  readonly bytesOf: (value: Value, key: Key) => number;
  /** Entries older than this are gone. */
  readonly ttlMs?: number;
  readonly observability: Observability;
}

/** Entries of the cache itself: slots in its arrays and its map, 83 with 1,000,000 entries and 15 more when they expire. */
const ENTRY_OVERHEAD_BYTES = 100;

/** A cache bounded in bytes that counts its hits, misses, bytes and entries. */
export class ByteBoundedCache<Key extends string | number, Value extends object | string> {
  readonly #entries: LRUCache<Key, Value>;
  readonly #counts: Counted;

  constructor({ name, bytesOf, ttlMs, observability, ...options }: ByteBoundedCacheOptions<Key, Value>) {
    const maxBytes = scaledBytes(observability, options.maxBytes);
    const counts: Counted = {
      name,
      hits: 0,
      misses: 0,
      evictions: 0,
      maxBytes,
      bytes: () => this.#entries.calculatedSize,
      size: () => this.#entries.size,
    };
    this.#counts = counts;
    this.#entries = new LRUCache<Key, Value>({
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') counts.evictions++;
      },
      maxSize: maxBytes,
      sizeCalculation: (value, key) => Math.ceil(bytesOf(value, key)) + ENTRY_OVERHEAD_BYTES,
      ...(ttlMs !== undefined && { ttl: ttlMs }),
    });
    exposeCache(this.#counts, observability);
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) this.#counts.misses++;
    else this.#counts.hits++;
    return value;
  }

  /** Without counting, and without making it the most recently used. */
  peek(key: Key): Value | undefined {
    return this.#entries.peek(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Puts an entry in; one that is larger than the whole cache is not kept, and what the key held before is gone. */
  set(key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  delete(key: Key): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get size(): number {
    return this.#entries.size;
  }
}

interface Counted extends CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
}

/** What metrics say of a cache. */
export interface CacheCounts {
  readonly name: string;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly maxBytes: number;
  readonly bytes: () => number;
  readonly size: () => number;
}

/** Caches by registry: a hit counts in a plain number (3 ns; a labelled counter takes 134), scrapes read it. */
const cachesOf = new WeakMap<Observability['metrics'], CacheCounts[]>();

/** Adds a cache, or a window that is bounded in bytes, to the metrics of all. */
export function exposeCache(counts: CacheCounts, observability: Observability): void {
  const known = cachesOf.get(observability.metrics);
  if (known !== undefined) {
    known.push(counts);
    return;
  }
  const caches = [counts];
  cachesOf.set(observability.metrics, caches);
  counter(observability, cacheMetrics.requests, (requests) => {
    requests.reset();
    for (const cache of caches) {
      requests.inc({ cache: cache.name, outcome: 'hit' }, cache.hits);
      requests.inc({ cache: cache.name, outcome: 'miss' }, cache.misses);
    }
  });
  counter(observability, cacheMetrics.evictions, (evictions) => {
    evictions.reset();
    for (const cache of caches) evictions.inc({ cache: cache.name }, cache.evictions);
  });
  gauge(observability, cacheMetrics.maxBytes, (bytes) => {
    bytes.reset();
    for (const cache of caches) bytes.inc({ cache: cache.name }, cache.maxBytes);
  });
  gauge(observability, cacheMetrics.bytes, (bytes) => {
    bytes.reset();
    for (const cache of caches) bytes.inc({ cache: cache.name }, cache.bytes());
  });
  gauge(observability, cacheMetrics.entries, (entries) => {
    entries.reset();
    for (const cache of caches) entries.inc({ cache: cache.name }, cache.size());
  });
}
