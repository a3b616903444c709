import { expect, test } from 'vitest';
import { cacheScale, memoryBudget } from './memory-budget.ts';

const mebibyte = 1024 * 1024;
const inMebibytes = (configured: number | undefined, total: number, limit?: number) =>
  memoryBudget(configured, { total: total * mebibyte, limit: limit === undefined ? undefined : limit * mebibyte }) /
  mebibyte;

test.each([
  [undefined, 4_096, undefined, 256],
  [undefined, 64_000, undefined, 1_024],
  [undefined, 64_000, 512, 156],
  [undefined, 64_000, 128, 16],
  [100 * mebibyte, 64_000, 512, 100],
])(
  'configured %s on a machine of %i MiB with a limit of %s MiB, the caches may take %i MiB',
  (configured, total, limit, budget) => {
    expect(inMebibytes(configured, total, limit)).toBe(budget);
  },
);

test('the caches of all services of a process share the budget', () => {
  expect(cacheScale(50, [{ cacheBytes: 60 }, { cacheBytes: 40 }, {}])).toBe(0.5);
  expect(cacheScale(50, [])).toBe(1);
});
