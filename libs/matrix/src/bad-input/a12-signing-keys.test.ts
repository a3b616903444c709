import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { earlierThan, since } from '../../test/auth-fixtures.ts';
import { must, serverName, signingKey } from '../../test/event-fixtures.ts';
import { wireEvent } from '../../test/wire-events.ts';
import { isKeyValidFor, verifyEventSignature } from '../events/event-signatures.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import { decodeBase64 } from '../signatures/base64.ts';
import { verifyJson } from '../signatures/sign-json.ts';
import { signBytes, signingKeyFromSeed } from '../signatures/signing-key.ts';
import { isPublicKey, verifyBytes } from '../signatures/verify.ts';

const day = 86_400_000;

/** The point that changes nothing, by which a signature of R = B and S = 1 is right for every message. */
const identity = Buffer.from(`01${'00'.repeat(31)}`, 'hex');
const basePoint = `58${'66'.repeat(31)}`;
const signatureOfAnything = Buffer.from(`${basePoint}01${'00'.repeat(31)}`, 'hex').toString('base64');

describe('A12 weak keys', () => {
  it('by which everything is signed are so to implementations that do not look', () => {
    const signature = Uint8Array.from(Buffer.from(signatureOfAnything, 'base64'));
    for (const message of ['a', 'b'])
      expect(nacl.sign.detached.verify(Buffer.from(message), signature, Uint8Array.from(identity))).toBe(true);
  });

  it.each([
    identity.toString('hex'),
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    `01${'00'.repeat(30)}80`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    'ff'.repeat(32).replace(/^ff/, 'ee'),
  ])('%s is none', (hex) => {
    const key = Buffer.from(hex, 'hex').toString('base64');
    expect(isPublicKey(key)).toBe(false);
    expect(verifyBytes(key, Buffer.from('a'), signatureOfAnything)).toBe(false);
    expect(verifyJson({ signatures: { a: { 'ed25519:1': signatureOfAnything } } }, 'a', 'ed25519:1', key)).toBe(false);
  });

  it('a signature is refused whose number is beyond the order of the group', () => {
    const message = Buffer.from('message');
    const signature = must(decodeBase64(signBytes(signingKey, message)));
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const number = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
    const again = Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
    const other = Buffer.concat([signature.subarray(0, 32), again]);
    expect(verifyBytes(signingKey.publicKey, message, signature.toString('base64'))).toBe(true);
    expect(verifyBytes(signingKey.publicKey, message, other.toString('base64'))).toBe(false);
  });
});

describe('A12 the time of a key', () => {
  const created = 1_700_000_000_000;
  const at = (key: { validUntilTs: number; expiredTs?: number }, now: number, version: '4' | '5' | '12') =>
    isKeyValidFor(created, key, now, rulesOf(version));

  it.each(since('5'))('ends in room version %s with what it was published for', (version) => {
    const rules = rulesOf(version);
    expect(isKeyValidFor(created, { validUntilTs: created }, created, rules)).toBe(true);
    expect(isKeyValidFor(created, { validUntilTs: created - 1 }, created, rules)).toBe(false);
    expect(isKeyValidFor(created, { validUntilTs: 0 }, created, rules)).toBe(false);
    expect(isKeyValidFor(created, { validUntilTs: -1 }, created, rules)).toBe(false);
  });

  it.each(since('5'))('ends in room version %s seven days from now, however far away the year it claims', (version) => {
    const year9999 = 253_402_300_799_000;
    const rules = rulesOf(version);
    for (const validUntilTs of [year9999, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      expect(isKeyValidFor(created, { validUntilTs }, created - 7 * day, rules)).toBe(true);
      expect(isKeyValidFor(created, { validUntilTs }, created - 7 * day - 1, rules)).toBe(false);
    }
  });

  it.each(since('5'))('of an old one ended in room version %s when it was given up', (version) => {
    const rules = rulesOf(version);
    const old = (expiredTs: number) => ({ validUntilTs: Number.MAX_SAFE_INTEGER, expiredTs });
    expect(isKeyValidFor(created, old(created), created + 900 * day, rules)).toBe(true);
    expect(isKeyValidFor(created, old(created - 1), created + 900 * day, rules)).toBe(false);
  });

  it('is nothing to earlier room versions', () => {
    for (const version of earlierThan('5'))
      expect(isKeyValidFor(created, { validUntilTs: 0, expiredTs: 0 }, 0, rulesOf(version))).toBe(true);
    expect([
      at({ validUntilTs: 0 }, 0, '4'),
      at({ validUntilTs: 0 }, 0, '5'),
      at({ validUntilTs: 0 }, 0, '12'),
    ]).toEqual([true, false, false]);
  });
});

describe('A12 two keys of one id', () => {
  it('verify only what each has signed', () => {
    const other = must(signingKeyFromSeed('1', Buffer.alloc(32, 7)));
    expect(other.keyId).toBe(signingKey.keyId);
    const unsigned = parsePdu(JSON.stringify(wireEvent('11')), rulesOf('11'));
    if (!unsigned.ok) throw new Error(unsigned.error.code);
    const signature = signBytes(signingKey, Buffer.from(unsigned.value.signedText));
    const signed = parsePdu(
      JSON.stringify(wireEvent('11', { signatures: { one: { [other.keyId]: signature } } })),
      rulesOf('11'),
    );
    if (!signed.ok) throw new Error(signed.error.code);
    const by = (key: string) => verifyEventSignature(signed.value, serverName('one'), 'ed25519:1', key);
    expect([by(signingKey.publicKey), by(other.publicKey)]).toEqual([true, false]);
  });
});
