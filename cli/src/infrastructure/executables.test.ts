import { expect, test } from 'vitest';
import { isAtLeast, parseVersion } from './executables.ts';

test.each([
  ['nats-server: v2.15.1', [2, 15, 1]],
  ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', [15, 18, 0]],
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', [7, 0, 15]],
  ['unknown', undefined],
])('the version in "%s"', (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test('versions are compared by number, part by part', () => {
  expect(isAtLeast([2, 10, 23], [2, 10, 23])).toBe(true);
  expect(isAtLeast([2, 9, 99], [2, 10, 0])).toBe(false);
  expect(isAtLeast([10, 0, 0], [9, 9, 9])).toBe(true);
  expect(isAtLeast([24, 10, 5], [24, 11, 0])).toBe(false);
});
