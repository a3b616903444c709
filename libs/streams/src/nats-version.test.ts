import { expect, test } from 'vitest';
import { isAcceptedNats } from './nats-version.ts';

test.each([
  ['2.10.23', true],
  ['2.10.24', true],
  ['2.11.0', true],
  ['2.15.1', true],
  ['3.0.0-beta.1', true],
  ['2.10.22', false],
  ['2.9.25', false],
  ['1.99.99', false],
  ['', false],
  ['dev', false],
])('NATS %s: accepted is %s', (version, accepted) => {
  expect(isAcceptedNats(version)).toBe(accepted);
});
