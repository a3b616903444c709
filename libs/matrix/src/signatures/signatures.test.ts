import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, encodeUrlSafeBase64 } from './base64.ts';
import { signatureOf, signingKeyIds, signJson, verifyJson } from './sign-json.ts';
import { formatSigningKey, parseSigningKey, signBytes, signingKeyFromSeed } from './signing-key.ts';
import { isPublicKey, verifyBytes } from './verify.ts';

/** Appendices, "Cryptographic Test Vectors". */
const specificationSeed = 'YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1';

function key(version = '1', seed = decodeBase64(specificationSeed)) {
  const made = signingKeyFromSeed(version, seed ?? Buffer.alloc(0));
  if (made === undefined) throw new Error('no key');
  return made;
}

describe('base64', () => {
  it.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j without padding', (text, encoded) => {
    expect(encodeBase64(Buffer.from(text))).toBe(encoded);
    expect(decodeBase64(encoded)?.toString()).toBe(text);
  });

  it('is read in both alphabets, padded or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        for (const text of [encodeBase64(bytes), encodeUrlSafeBase64(bytes), Buffer.from(bytes).toString('base64')])
          expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(['a', 'ab c', 'ab=c', 'ab===', '====', 'a\n', 'é'])('is not %j', (text) =>
    expect(decodeBase64(text)).toBeUndefined(),
  );
});

describe('signing keys', () => {
  it('are read from and written as one line', () => {
    const line = `ed25519 a_1 ${'A'.repeat(43)}\n`;
    const parsed = parseSigningKey(line);
    expect(parsed?.keyId).toBe('ed25519:a_1');
    expect(parsed && formatSigningKey(parsed)).toBe(line);
  });

  it.each([
    '',
    'ed25519 1',
    'rsa 1 AAAA',
    `ed25519 1: ${specificationSeed}`,
    `ed25519 1 ${specificationSeed} x`,
    'ed25519 1 Zm9v',
  ])('are not read from %j', (line) => expect(parseSigningKey(line)).toBeUndefined());

  it('sign as a second implementation does', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 200 }),
        (seed, message) => {
          const ours = key('1', Buffer.from(seed));
          const theirs = nacl.sign.keyPair.fromSeed(seed);
          expect(ours.publicKey).toBe(encodeBase64(theirs.publicKey));
          expect(signBytes(ours, message)).toBe(encodeBase64(nacl.sign.detached(message, theirs.secretKey)));
          expect(verifyBytes(ours.publicKey, message, signBytes(ours, message))).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('verification', () => {
  it('refuses what is no key or no signature, and what was altered', () => {
    const message = Buffer.from('message');
    const signature = signBytes(key(), message);
    expect(verifyBytes(key().publicKey, message, signature)).toBe(true);
    expect(verifyBytes(key().publicKey, message, `${signature}==`)).toBe(true);
    for (const bad of ['', 'AAAA', 'é', signature.slice(4), `A${signature.slice(1)}`])
      expect(verifyBytes(key().publicKey, message, bad)).toBe(false);
    for (const bad of ['', 'AAAA', 'A'.repeat(43)]) expect(verifyBytes(bad, message, signature)).toBe(false);
    expect(verifyBytes(key().publicKey, Buffer.from('massage'), signature)).toBe(false);
    expect([isPublicKey(key().publicKey), isPublicKey('AAAA')]).toEqual([true, false]);
  });
});

describe('signed JSON', () => {
  it.each([
    [{}, 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ'],
    [{ one: 1, two: 'Two' }, 'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw'],
  ])('of %j is as the specification has it', (object, signature) => {
    expect(signJson(object, 'domain', key())).toEqual({
      ...object,
      signatures: { domain: { 'ed25519:1': signature } },
    });
  });

  it('keeps other signatures, and does not sign unsigned', () => {
    const first = signJson({ a: 1, unsigned: { age: 1 } }, 'one', key());
    const both = signJson({ ...first, unsigned: { age: 2 } }, 'two', key('2'));
    expect(verifyJson(both, 'one', 'ed25519:1', key().publicKey)).toBe(true);
    expect(verifyJson(both, 'two', 'ed25519:2', key().publicKey)).toBe(true);
    expect(verifyJson({ ...both, a: 2 }, 'one', 'ed25519:1', key().publicKey)).toBe(false);
    expect(verifyJson(both, 'one', 'ed25519:2', key().publicKey)).toBe(false);
    expect(signingKeyIds(both, 'two')).toEqual(['ed25519:2']);
  });

  it.each([{}, { signatures: 1 }, { signatures: { a: 1 } }, { signatures: { a: { 'ed25519:1': 1 } } }])(
    'has no signature in %j',
    (object) => {
      expect(signatureOf(object, 'a', 'ed25519:1')).toBeUndefined();
      expect(signingKeyIds(object, 'a')).toEqual([]);
      expect(signatureOf(object, 'constructor', 'name')).toBeUndefined();
    },
  );
});
