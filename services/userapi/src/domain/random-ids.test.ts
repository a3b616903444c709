import { createHash } from 'node:crypto';
import { isNewLocalpart } from '@plexus/matrix';
import { expect, it } from 'vitest';
import { newAccessToken, newDeviceId, newLocalpart } from './random-ids.ts';

const random = {
  bytes: (length: number) => Buffer.concat(Array.from({ length: 3 }, (_, i) => hash(i))).subarray(0, length),
};

it('an access token carries 256 random bits behind its prefix', () => {
  const token = newAccessToken(random);
  expect(token.slice(0, 4)).toBe('plx_');
  expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32);
});

it('a device id is ten capital letters', () => {
  expect(newDeviceId(random)).toMatch(/^[A-Z]{10}$/);
});

it('a generated localpart is one that may be registered', () => {
  expect(isNewLocalpart(newLocalpart(random))).toBe(true);
});

function hash(seed: number): Buffer {
  return createHash('sha256').update(String(seed)).digest();
}
