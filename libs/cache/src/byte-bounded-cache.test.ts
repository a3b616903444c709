import { createObservability } from '@plexus/observability';
import { expect, test } from 'vitest';
import { ByteBoundedCache } from './byte-bounded-cache.ts';

const silent = { write: () => undefined };
const newObservability = () => createObservability({ service: 'test', level: 'error', destination: silent });

test('keeps no more bytes than allowed; the least recently used go first', () => {
  const cache = new ByteBoundedCache<string, string>({
    name: 'test',
    maxBytes: 3_300,
    bytesOf: (value) => value.length,
    observability: newObservability(),
  });
  for (const key of ['a', 'b', 'c']) cache.set(key, 'x'.repeat(1_000));
  expect(cache.get('a')).toBeDefined();
  cache.set('d', 'x'.repeat(1_000));
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.has(key))).toEqual(['a', 'c', 'd']);
  expect(cache.bytes).toBe(3_300);
});

test('an entry larger than the whole is not kept, nor what its key held before', () => {
  const cache = new ByteBoundedCache<number, string>({
    name: 'test',
    maxBytes: 1_000,
    bytesOf: (value) => value.length,
    observability: newObservability(),
  });
  cache.set(1, 'small');
  cache.set(1, 'x'.repeat(2_000));
  expect(cache.get(1)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test('counts hits, misses, bytes and entries by name; caches of one name together', async () => {
  const observability = newObservability();
  const options = { name: 'rooms', maxBytes: 10_000, bytesOf: () => 400, observability };
  const caches = [new ByteBoundedCache<number, object>(options), new ByteBoundedCache<number, object>(options)];
  for (const cache of caches) {
    cache.set(1, {});
    cache.get(1);
    cache.get(2);
    cache.get(3);
  }
  new ByteBoundedCache<number, object>({ ...options, name: 'other' });
  await observability.metrics.metrics();
  const text = await observability.metrics.metrics();
  expect(text).toContain('plexus_cache_requests_total{cache="rooms",outcome="hit"} 2');
  expect(text).toContain('plexus_cache_requests_total{cache="rooms",outcome="miss"} 4');
  expect(text).toContain('plexus_cache_bytes{cache="rooms"} 1000');
  expect(text).toContain('plexus_cache_entries{cache="rooms"} 2');
  expect(text).toContain('plexus_cache_entries{cache="other"} 0');
});
