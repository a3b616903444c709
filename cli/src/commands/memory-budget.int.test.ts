import { type Cluster, startCluster } from '@plexus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadModules, serviceNames } from '../service-modules.ts';

const mebibyte = 1024 * 1024;
const budget = 64 * mebibyte;
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ services: await loadModules(serviceNames), config: { memory: { budget: '64Mi' } } });
});
afterAll(() => cluster.stop());

const series = async (name: string): Promise<Map<string, number>> => {
  const text = await cluster.observability.metrics.metrics();
  const lines = text.matchAll(new RegExp(`^${name}\\{cache="([^"]+)"\\} (\\S+)$`, 'gm'));
  return new Map([...lines].map(([, cache = '', value]) => [cache, Number(value)]));
};

test('all caches and windows of a process together have the size of its budget', async () => {
  const limits = await series('plexus_cache_max_bytes');
  const sum = [...limits.values()].reduce((total, bytes) => total + bytes, 0);
  expect(sum).toBeLessThanOrEqual(budget);
  expect(sum).toBeGreaterThan(budget * 0.95);
});

test('each has its bytes, entries and limit in the metrics', async () => {
  const limits = await series('plexus_cache_max_bytes');
  expect([...limits.keys()]).toEqual(expect.arrayContaining(['syncapi_window', 'syncapi_events', 'roomserver_rooms']));
  for (const name of ['plexus_cache_bytes', 'plexus_cache_entries'])
    expect([...(await series(name)).keys()].toSorted()).toEqual([...limits.keys()].toSorted());
});
