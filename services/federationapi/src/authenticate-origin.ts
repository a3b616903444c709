import { type JsonValue, type ServerName, verifyJson } from '@plexus/matrix';
import type { ServerKey } from './domain/server-keys.ts';
import type { ServerPolicy } from './domain/server-policy.ts';
import { parseXMatrix, signedRequestObject, type XMatrix } from './domain/x-matrix.ts';
import { type KeyRing, publicKeyText } from './key-ring.ts';

/** Why a request between servers is refused. */
export const originRefusals = [
  'missing',
  'malformed',
  'own name',
  'denied server',
  'wrong destination',
  'unknown key',
  'bad signature',
] as const;
export type OriginRefusal = (typeof originRefusals)[number];

export type OriginResult = { readonly origin: ServerName } | { readonly refusal: OriginRefusal };

/** A request as far as it is known before its body is read. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as received. */
  readonly uri: string;
  readonly authorization: string | undefined;
  readonly receivedAt: number;
}

/** Who claims to have signed a request, with a key that this server has published and that is valid now. */
export interface OriginClaim {
  readonly head: RequestHead;
  readonly header: XMatrix;
  readonly key: ServerKey;
}

export interface OriginContext {
  readonly ownName: ServerName;
  readonly keyRing: KeyRing;
  readonly policy: ServerPolicy;
}

/**
 * Reads who claims to have signed this request to us, before its body is read. A server that may not call is refused before its keys are
 * fetched, so that it cannot make this server send requests. Server-Server API, "Request Authentication".
 */
export async function claimedOrigin(
  head: RequestHead,
  { ownName, keyRing, policy }: OriginContext,
): Promise<OriginClaim | { readonly refusal: OriginRefusal }> {
  if (head.authorization === undefined) return { refusal: 'missing' };
  const header = parseXMatrix(head.authorization);
  if (header === undefined) return { refusal: 'malformed' };
  const { origin, destination, keyId } = header;
  if (origin === ownName) return { refusal: 'own name' };
  if (!policy.allows(origin)) return { refusal: 'denied server' };
  if (destination !== undefined && destination !== ownName) return { refusal: 'wrong destination' };
  const key = await keyRing.requestKey(origin, keyId, head.receivedAt);
  return key === undefined ? { refusal: 'unknown key' } : { head, header, key };
}

/**
 * Which server has signed the request with this content; undefined content for a request without a body. When the signature does not
 * verify, the server's keys are fetched once more: a server that was installed anew signs with another key of the same id.
 */
export async function verifiedOrigin(
  { head, header, key }: OriginClaim,
  content: JsonValue | undefined,
  { ownName, keyRing }: OriginContext,
): Promise<OriginResult> {
  const { origin, keyId, signature } = header;
  const { method, uri, receivedAt } = head;
  const signed = {
    ...signedRequestObject({ method, uri, origin, destination: ownName, content }),
    signatures: { [origin]: { [keyId]: signature } },
  };
  const isSignedBy = (by: ServerKey) => verifyJson(signed, origin, keyId, publicKeyText(by));
  if (isSignedBy(key)) return { origin };
  const newer = await keyRing.refreshedRequestKey(key, receivedAt);
  return newer !== undefined && isSignedBy(newer) ? { origin } : { refusal: 'bad signature' };
}
