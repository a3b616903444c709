import { expect, test } from 'vitest';
import { localpartOf } from './localpart.ts';

test('a user is named by localpart or by the whole id', () => {
  expect(localpartOf('alice', 'example.org:8448')).toBe('alice');
  expect(localpartOf('@alice:example.org:8448', 'example.org:8448')).toBe('alice');
});

test("another server's user is refused", () => {
  expect(() => localpartOf('@alice:other.org', 'example.org')).toThrow('is not a user id of example.org');
});
