import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';

test('the first restart comes after a fifth of a second, each further one after twice as long, none after more than 11 s', () => {
  const middle = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backOffMs(failures, 0.5));
  expect(middle).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
  expect(backOffMs(100, 0.999)).toBeLessThanOrEqual(11_000);
});

test('chance spreads the restarts of several processes by a tenth to either side', () => {
  expect([backOffMs(1, 0), backOffMs(1, 0.999)]).toEqual([180, 220]);
});
