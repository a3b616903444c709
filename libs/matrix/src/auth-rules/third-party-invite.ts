import { isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import type { UserId } from '../identifiers/user-id.ts';
import { signatureOf, signedJsonBytes, signingKeyIds } from '../signatures/sign-json.ts';
import { verifyBytes } from '../signatures/verify.ts';
import { type AuthDecision, type AuthState, allowed, refused } from './decision.ts';

/** The most signatures and keys that are tried: each costs a verification, and both lists come from outside. */
const MAX_SIGNATURES = 10;
const MAX_KEYS = 10;

/** An invite that redeems an invitation by e-mail or telephone: rules 1.2 to 1.8 of `invite`. */
export function authoriseThirdPartyInvite(
  thirdParty: JsonObject,
  target: string,
  sender: UserId,
  state: AuthState,
): AuthDecision {
  const signed = ownValue(thirdParty, 'signed');
  if (!isJsonObject(signed)) return refused('invalid_third_party_invite');
  const token = ownValue(signed, 'token');
  if (typeof token !== 'string' || ownValue(signed, 'mxid') !== target) return refused('invalid_third_party_invite');
  const invitation = state('m.room.third_party_invite', token);
  if (invitation === undefined || invitation.sender !== sender) return refused('invalid_third_party_invite');
  return isSignedByAny(signed, publicKeysOf(invitation.content)) ? allowed : refused('third_party_invite_not_signed');
}

function publicKeysOf(content: JsonObject): string[] {
  const keys = [ownValue(content, 'public_key')];
  const more = ownValue(content, 'public_keys');
  if (Array.isArray(more)) for (const entry of more) if (isJsonObject(entry)) keys.push(ownValue(entry, 'public_key'));
  return keys.filter((key) => typeof key === 'string').slice(0, MAX_KEYS);
}

function isSignedByAny(signed: JsonObject, publicKeys: string[]): boolean {
  const bytes = signedJsonBytes(signed);
  return signaturesOf(signed).some((signature) => publicKeys.some((key) => verifyBytes(key, bytes, signature)));
}

function signaturesOf(signed: JsonObject): string[] {
  const signatures = ownValue(signed, 'signatures');
  if (!isJsonObject(signatures)) return [];
  const all = Object.keys(signatures).flatMap((signer) =>
    signingKeyIds(signed, signer).map((keyId) => signatureOf(signed, signer, keyId)),
  );
  return all.filter((signature) => signature !== undefined).slice(0, MAX_SIGNATURES);
}
