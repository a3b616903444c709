import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { emptyJsonObject, isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import type { ServerName } from '../identifiers/server-name.ts';
import { type SigningKey, signBytes } from './signing-key.ts';
import { verifyBytes } from './verify.ts';

/** Whoever signs: a server, or a user for cross-signing keys. */
export type Signer = ServerName | string;

/**
 * A copy of the object with the signer's signature added beside those it has. Throws NotCanonicalError for what has no
 * canonical JSON. Appendices, "Signing JSON".
 */
export function signJson<T extends JsonObject>(
  object: T,
  signer: Signer,
  key: SigningKey,
): T & { signatures: JsonObject } {
  const signature = signBytes(key, signedJsonBytes(object));
  return { ...object, signatures: withSignature(signaturesOf(object), signer, key.keyId, signature) };
}

/** Whether the object carries this signer's valid signature by the key. Appendices, "Checking for a Signature". */
export function verifyJson(object: JsonObject, signer: Signer, keyId: string, publicKey: string): boolean {
  const signature = signatureOf(object, signer, keyId);
  return signature !== undefined && verifyBytes(publicKey, signedJsonBytes(object), signature);
}

/** What a signature of a JSON object covers: its canonical JSON without `signatures` and `unsigned`. */
export function signedJsonBytes(object: JsonObject): Buffer {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object;
  return Buffer.from(canonicalJson(signed));
}

/** The signature in the object by one of the signer's keys. */
export function signatureOf(object: JsonObject, signer: Signer, keyId: string): string | undefined {
  const ofSigner = ownValue(signaturesOf(object), signer);
  const signature = isJsonObject(ofSigner) ? ownValue(ofSigner, keyId) : undefined;
  return typeof signature === 'string' ? signature : undefined;
}

/** The Ed25519 key ids by which the signer has signed the object, valid or not. */
export function signingKeyIds(object: JsonObject, signer: Signer): string[] {
  const ofSigner = ownValue(signaturesOf(object), signer);
  if (!isJsonObject(ofSigner)) return [];
  return Object.keys(ofSigner).filter((keyId) => keyId.startsWith('ed25519:') && typeof ofSigner[keyId] === 'string');
}

/** A copy of `signatures` with one more. */
export function withSignature(signatures: JsonObject, signer: Signer, keyId: string, signature: string): JsonObject {
  const ofSigner = ownValue(signatures, signer);
  const copy = Object.assign(emptyJsonObject(), signatures);
  copy[signer] = Object.assign(emptyJsonObject(), isJsonObject(ofSigner) ? ofSigner : {}, { [keyId]: signature });
  return copy;
}

function signaturesOf(object: JsonObject): JsonObject {
  const signatures = ownValue(object, 'signatures');
  return isJsonObject(signatures) ? signatures : emptyJsonObject();
}
