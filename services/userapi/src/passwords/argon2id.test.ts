import { expect, it } from 'vitest';
import { argon2id, verifyArgon2id } from './argon2id.ts';

const cheap = { memoryKib: 64, iterations: 1, parallelism: 1 };

it('agrees with the reference implementation', async () => {
  // echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32, from its test suite.
  const encoded = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(
    await argon2id('password', Buffer.from('somesalt'), { memoryKib: 65_536, iterations: 2, parallelism: 1 }),
  ).toBe(encoded);
  expect(await verifyArgon2id(encoded, 'password')).toBe(true);
});

it('accepts the password that was hashed and no other', async () => {
  const encoded = await argon2id('correct horse', Buffer.alloc(16, 7), cheap);
  expect(await verifyArgon2id(encoded, 'correct horse')).toBe(true);
  expect(await verifyArgon2id(encoded, 'correct horsf')).toBe(false);
  expect(await verifyArgon2id(encoded, '')).toBe(false);
});

it('the same password has another hash under another salt', async () => {
  expect(await argon2id('password', Buffer.alloc(16, 1), cheap)).not.toBe(
    await argon2id('password', Buffer.alloc(16, 2), cheap),
  );
});

it('refuses what is not an encoded hash', async () => {
  await expect(verifyArgon2id('$2b$12$abcdefghijk', 'password')).rejects.toThrow(TypeError);
});
