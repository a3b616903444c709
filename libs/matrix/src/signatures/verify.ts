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

/** Whether the text is base64 of 32 bytes, as an Ed25519 public key must be. */
export function isPublicKey(publicKey: string): boolean {
  return decodeBase64(publicKey)?.length === PUBLIC_KEY_BYTES;
}

function publicKeyObject(publicKey: string): KeyObject | undefined {
  const known = keyObjects.get(publicKey);
  if (known !== undefined) return known;
  const raw = decodeBase64(publicKey);
  if (raw?.length !== PUBLIC_KEY_BYTES) return undefined;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  keyObjects.set(publicKey, key);
  return key;
}
