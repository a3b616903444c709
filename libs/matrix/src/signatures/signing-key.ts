import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import nacl from 'tweetnacl';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** A server's Ed25519 key with its id. The private half is only inside the key object and in what formatSigningKey returns. */
export type SigningKey = {
  /** `ed25519:<version>`. */
  readonly keyId: string;
  /** Unpadded base64 of the 32-byte public key. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
};

const SEED_BYTES = 32;
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A signing key of 32 random bytes, which the caller brings, and a version of `a-z A-Z 0-9 _`. Undefined for other input. */
export function signingKeyFromSeed(version: string, seed: Uint8Array): SigningKey | undefined {
  if (seed.length !== SEED_BYTES || !isKeyVersion(version)) return undefined;
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = encodeBase64(nacl.sign.keyPair.fromSeed(Uint8Array.from(seed)).publicKey);
  return { keyId: `ed25519:${version}`, publicKey, privateKey };
}

/** Reads `ed25519 <version> <base64 seed>`, the line that Synapse and Dendrite keep their key in. Undefined for other text. */
export function parseSigningKey(text: string): SigningKey | undefined {
  const [algorithm, version, seed, ...rest] = text.trim().split(/\s+/);
  if (algorithm !== 'ed25519' || version === undefined || seed === undefined || rest.length > 0) return undefined;
  const bytes = decodeBase64(seed);
  return bytes === undefined ? undefined : signingKeyFromSeed(version, bytes);
}

/** The current keys of a server: the first signs events and requests, all are published. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]];

/**
 * Reads a file of signing keys, one in each line as parseSigningKey reads it. A key that is to replace the first is added
 * as a further line some time before, so that other servers have seen it published when the first event is signed with it.
 * Undefined for a file without keys, with another line, or in which a key id is used twice.
 */
export function parseSigningKeys(text: string): SigningKeys | undefined {
  const keys: SigningKey[] = [];
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const key = parseSigningKey(line);
    if (key === undefined || keys.some(({ keyId }) => keyId === key.keyId)) return undefined;
    keys.push(key);
  }
  const [first, ...others] = keys;
  return first === undefined ? undefined : [first, ...others];
}

/** The line that parseSigningKey reads. Secret. */
export function formatSigningKey(key: SigningKey): string {
  const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  return `ed25519 ${key.keyId.slice('ed25519:'.length)} ${encodeBase64(der.subarray(der.length - SEED_BYTES))}\n`;
}

/** Unpadded base64 of the Ed25519 signature of the bytes. */
export function signBytes(key: SigningKey, bytes: Uint8Array): string {
  return encodeBase64(sign(null, bytes, key.privateKey));
}

function isKeyVersion(version: string): boolean {
  return /^\w{1,100}$/.test(version);
}
