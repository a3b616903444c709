import { parseConfig } from '@plexus/config';
import { expect, test } from 'vitest';
import { proxyTargets } from './proxy-targets.ts';

const replicas = ['http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80'];

function targetsOf(syncapi: readonly string[]) {
  const parsed = parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'http://localhost',
    postgres: { url: 'postgresql://d' },
    nats: { servers: ['nats://n'] },
    signingKeyFile: '/k',
    media: { directory: '/m' },
    services: { clientapi: { http: replicas }, syncapi: { http: syncapi } },
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join());
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log };
  return proxyTargets(parsed.config, log);
}

const tokens = Array.from({ length: 300 }, (_, n) => `token ${n}`);

test('a session stays with one replica of syncapi, sessions are spread over all, and the others are there to be tried', () => {
  const targets = targetsOf(replicas);
  const counts = new Map<string, number>();
  for (const token of tokens) {
    const order = targets.of('syncapi', token);
    expect(targets.of('syncapi', token)).toEqual(order);
    expect(order?.toSorted()).toEqual(replicas);
    counts.set(order?.[0] ?? '', (counts.get(order?.[0] ?? '') ?? 0) + 1);
  }
  for (const replica of replicas) expect(counts.get(replica)).toBeGreaterThan(60);
});

test('when a replica goes only its sessions move', () => {
  const [all, fewer] = [targetsOf(replicas), targetsOf(replicas.slice(0, 2))];
  const stayed = tokens.filter((token) => all.of('syncapi', token)?.[0] !== replicas[2]);
  for (const token of stayed) expect(fewer.of('syncapi', token)?.[0]).toBe(all.of('syncapi', token)?.[0]);
});

test('the replicas of other services, and those of syncapi without a token, take turns', () => {
  const targets = targetsOf(replicas);
  const firsts = (owner: 'clientapi' | 'syncapi', token?: string) =>
    new Set(Array.from({ length: 3 }, () => targets.of(owner, token)?.[0])).size;
  expect([firsts('clientapi', 'token'), firsts('syncapi')]).toEqual([3, 3]);
});

test('an owner that is configured nowhere is not known', () => {
  expect(targetsOf(replicas).of('mediaapi', undefined)).toBeUndefined();
});
