import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { decodeBase64 } from './base64.ts';

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Making a key object costs about a tenth of a verification; a busy server meets some thousands of keys. */
const keyObjects = new LRUCache<string, KeyObject>({ max: 10_000 });

/**
 * Whether `signature` is the Ed25519 signature of the bytes by the key; both base64, padded or not. False for what is no
 * key or no signature.
 */
export function verifyBytes(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  const key = publicKeyObject(publicKey);
  const raw = decodeBase64(signature);
  if (key === undefined || raw?.length !== SIGNATURE_BYTES) return false;
  return verify(null, bytes, key, raw);
}

/** Whether the text is base64 of 32 bytes that can be an Ed25519 public key, and is not one by which anything is signed. */
export function isPublicKey(publicKey: string): boolean {
  const raw = decodeBase64(publicKey);
  return raw?.length === PUBLIC_KEY_BYTES && !isOfSmallOrder(raw);
}

/**
 * The y coordinates of the points of small order, in their canonical form and beyond it, without the sign. By such a key one
 * signature is right for every eighth message or for all. libsodium, and so Synapse, refuses them; so does OpenSSL since 3.5.
 */
const smallOrder: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function isOfSmallOrder(publicKey: Buffer): boolean {
  const withoutSign = Buffer.from(publicKey);
  withoutSign[PUBLIC_KEY_BYTES - 1] = (withoutSign[PUBLIC_KEY_BYTES - 1] ?? 0) & 0x7f;
  return smallOrder.has(withoutSign.toString('hex'));
}

function publicKeyObject(publicKey: string): KeyObject | undefined {
  const known = keyObjects.get(publicKey);
  if (known !== undefined) return known;
  const raw = decodeBase64(publicKey);
  if (raw?.length !== PUBLIC_KEY_BYTES || isOfSmallOrder(raw)) return undefined;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  keyObjects.set(publicKey, key);
  return key;
}
