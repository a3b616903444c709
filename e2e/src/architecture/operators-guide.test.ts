import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('the operator’s guide says what every alert means', () => {
  const alerts = [...read('deploy/prometheus/alerts.yaml').matchAll(/- alert: (\w+)/g)].map((match) => match[1] ?? '');
  const page = read('docs/operators/alerts.md');
  expect(alerts.length).toBeGreaterThan(25);
  expect(alerts.filter((alert) => !page.includes(`[${alert}](../runbooks/${alert}.md)`))).toEqual([]);
});

it('the operator’s guide knows every variable of the compose file', () => {
  expect(existsSync(join(root, 'docker-compose.yml'))).toBe(true);
  const variables = new Set(
    [...read('docker-compose.yml').matchAll(/\$\{(PLEXUS_\w+)/g)].map((match) => match[1] ?? ''),
  );
  const page = read('docs/operators/compose.md');
  expect([...variables].filter((variable) => !page.includes(variable))).toEqual([]);
});

/** The value of a setting of PostgreSQL, however it is written: `-cjit=off`, `jit = off`. */
const settingOf = (text: string, key: string): string | undefined =>
  new RegExp(`(?:^|[\\s'"-]c?)${key} ?= ?([\\w.]+)`, 'm').exec(text)?.[1];

describe('shipped settings are those of the guide', () => {
  const guide = read('docs/operators/stores.md');
  const compose = read('docker-compose.yml');
  const ofUp = read('cli/src/infrastructure/postgres-settings.ts');

  it('PostgreSQL in compose and in `up`, but for what follows from the memory of the machine', () => {
    const block = /```\n(max_connections[\s\S]*?)```/.exec(guide)?.[1] ?? '';
    const settings = [...block.matchAll(/^(\w+) = ([\w.]+)/gm)].filter(([, key]) => key !== 'shared_buffers');
    expect(settings.length).toBeGreaterThan(5);
    for (const [, key = '', value] of settings)
      expect([key, settingOf(compose, key), settingOf(ofUp, key)]).toEqual([key, value, value]);
  });

  it('NATS takes messages as large as a commit batch, wherever it is started', () => {
    const [limit] = /max_payload: \w+/.exec(guide) ?? [];
    for (const file of [
      'docker-compose.yml',
      'helm/plexus/templates/trial/nats.yaml',
      'cli/src/infrastructure/nats.ts',
    ])
      expect(read(file), file).toContain(limit);
  });

  it('Redis evicts no limit of logins, wherever it is started', () => {
    const [policy = ''] = /maxmemory-policy [\w-]+/.exec(guide) ?? [];
    expect(policy).toBe('maxmemory-policy volatile-lru');
    for (const file of [
      'docker-compose.yml',
      'helm/plexus/templates/trial/redis.yaml',
      'cli/src/infrastructure/redis.ts',
    ]) {
      const policies: string[] = read(file).match(/maxmemory-policy [\w-]+/g) ?? [];
      expect(policies, file).toEqual([policy]);
    }
  });

  it('a collector that chooses among whole traces is sent every trace', () => {
    expect(read('deploy/otel/jaeger.yaml')).toContain('tail_sampling:');
    const ratios = [...compose.matchAll(/sampleRatio: \$\{PLEXUS_TRACE_RATIO:-([\d.]+)\}/g)].map(([, ratio]) => ratio);
    expect(ratios).toEqual(['1', '1']);
  });

  it('the guide knows the default of every variable of the compose file', () => {
    const page = read('docs/operators/compose.md');
    for (const [, name = '', fallback = ''] of compose.matchAll(/\$\{(PLEXUS_\w+):-([^}]*)\}/g)) {
      const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``)) ?? '';
      expect(row, name).toContain(fallback);
    }
  });

  it('nothing is given a secret of a store as an argument', () => {
    for (const file of [
      'docker-compose.yml',
      'helm/plexus/templates/trial/redis.yaml',
      'helm/plexus/templates/trial/nats.yaml',
    ])
      expect(read(file), file).not.toMatch(/--(?:auth|requirepass|pass|password)\b/);
  });
});
