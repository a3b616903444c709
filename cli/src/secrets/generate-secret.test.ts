import { randomBytes } from 'node:crypto';
import { parseSigningKey } from '@plexus/matrix';
import { expect, test } from 'vitest';
import { generateSecret, secretNames } from './generate-secret.ts';

// tweetnacl takes 2 ms for a public key.
test('1,000 runs give 1,000 signing keys with 1,000 seeds and ids', { timeout: 120_000 }, () => {
  const lines = Array.from({ length: 1_000 }, () => generateSecret('signing.key', randomBytes).trim().split(' '));
  expect(new Set(lines.map(([, id]) => id)).size).toBe(1_000);
  expect(new Set(lines.map(([, , seed]) => seed)).size).toBe(1_000);
  for (const line of lines.slice(0, 10)) expect(parseSigningKey(line.join(' '))?.keyId).toBe(`ed25519:${line[1]}`);
});

test('the other secrets are 32 random bytes in hexadecimal, fit for every configuration file and URL', () => {
  for (const name of secretNames.filter((other) => other !== 'signing.key')) {
    expect(generateSecret(name, randomBytes)).toMatch(/^[0-9a-f]{64}$/);
    expect(generateSecret(name, randomBytes)).not.toBe(generateSecret(name, randomBytes));
  }
});
