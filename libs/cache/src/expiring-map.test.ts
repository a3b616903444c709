import { expect, test } from 'vitest';
import { ExpiringMap } from './expiring-map.ts';

test('what nobody asks for again is gone after as many writes', () => {
  const map = new ExpiringMap<number>();
  for (let n = 0; n < 1_000; n++) map.set(`old ${n}`, n, 10, 0);
  for (let n = 0; n < 2_000; n++) map.set(`new ${n % 10}`, n, 1_000, 20);
  expect(map.size).toBe(10);
});
