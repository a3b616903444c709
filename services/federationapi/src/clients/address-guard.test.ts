import { describe, expect, it } from 'vitest';
import { addressGuard, isPublicAddress } from './address-guard.ts';

describe('an address that a stranger names', () => {
  it.each(['1.1.1.1', '8.8.8.8', '2606:4700::1111'])('may be called: %s', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'localhost',
    '',
  ])('may not: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('a range that the operator allows', () => {
  it('may be called, its neighbours may not', () => {
    const isAllowed = addressGuard(['10.1.0.0/16', '::1', '127.0.0.1']);
    expect(['10.1.2.3', '::1', '127.0.0.1', '1.1.1.1'].map(isAllowed)).toEqual([true, true, true, true]);
    expect(['10.2.0.1', '::2', '127.0.0.2', 'fe80::1', 'a'].map(isAllowed)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
