import { type JsonValue, type ServerName, verifyJson } from '@plexus/matrix';
import { parseXMatrix, signedRequestObject } from './domain/x-matrix.ts';
import { type KeyRing, publicKeyText } from './key-ring.ts';

/** Why a request between servers is not believed. */
export const originRefusals = ['missing', 'malformed', 'wrong destination', 'unknown key', 'bad signature'] as const;
export type OriginRefusal = (typeof originRefusals)[number];

export type OriginResult = { readonly origin: ServerName } | { readonly refusal: OriginRefusal };

export interface RequestToAuthenticate {
  readonly method: string;
  /** Path and query as received. */
  readonly uri: string;
  readonly authorization: string | undefined;
  readonly content: JsonValue | undefined;
  readonly receivedAt: number;
}

/** Which server has signed this request to us. Server-Server API, "Request Authentication". */
export async function authenticateOrigin(
  request: RequestToAuthenticate,
  ownName: ServerName,
  keyRing: KeyRing,
): Promise<OriginResult> {
  if (request.authorization === undefined) return { refusal: 'missing' };
  const header = parseXMatrix(request.authorization);
  if (header === undefined) return { refusal: 'malformed' };
  const { origin, destination, keyId, signature } = header;
  if (destination !== undefined && destination !== ownName) return { refusal: 'wrong destination' };
  const key = await keyRing.verifyKey(origin, keyId, request.receivedAt);
  if (key === undefined) return { refusal: 'unknown key' };
  const signed = {
    ...signedRequestObject({ method: request.method, uri: request.uri, origin, destination, content: request.content }),
    signatures: { [origin]: { [keyId]: signature } },
  };
  return verifyJson(signed, origin, keyId, publicKeyText(key)) ? { origin } : { refusal: 'bad signature' };
}
