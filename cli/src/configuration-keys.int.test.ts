import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationKeys } from '@plexus/config';
import { expect, test } from 'vitest';
import { checkout } from './infrastructure/checkout.ts';

/** What the configuration itself takes apart: these become a part of the URL beside them. */
const takenApart = ['postgres.user', 'postgres.password', 'postgres.parameters', 'redis.user', 'redis.password'];

test('every key of the configuration is read by some code: one that nothing reads promises what does not happen', () => {
  const patterns = ['services/*/src/**/*.ts', 'libs/*/src/**/*.ts', 'cli/src/**/*.ts'];
  const text = patterns
    .flatMap((pattern) => globSync(pattern, { cwd: checkout }))
    .filter((path) => !path.endsWith('.test.ts') && !/^libs\/(?:config|contracts)\//.test(path))
    .map((path) => readFileSync(join(checkout, path), 'utf8'))
    .join('\n');
  const leaves = configurationKeys().filter(({ path }) => !takenApart.includes(path));
  const unread = leaves.filter(({ path }) => {
    const key = path.split(/[.[\]]+/).at(-1) ?? '';
    return !new RegExp(`\\b${key}\\b`).test(text);
  });
  expect(leaves.length).toBeGreaterThan(100);
  expect(unread.map(({ path }) => path)).toEqual([]);
});
