import { isJsonObject, ownValue } from '../canonical-json/json-value.ts';
import { isServerName, type ServerName } from '../identifiers/server-name.ts';
import { serverNameOf } from '../identifiers/server-of.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { signatureOf, signingKeyIds, withSignature } from '../signatures/sign-json.ts';
import { type SigningKey, signBytes } from '../signatures/signing-key.ts';
import { verifyBytes } from '../signatures/verify.ts';
import { type ParsedPdu, pduFromObject } from './parse-pdu.ts';

const SEVEN_DAYS = 7 * 24 * 60 * 60 * 1000;

/**
 * The servers that must have signed the event: the sender's, unless it is an invite made of a third-party invite; in room
 * versions 1 and 2 also the one in the event id; and the one of the user who authorised a join into a restricted room.
 * Server-Server API, "Validating hashes and signatures on received events".
 */
export function requiredSigners({ pdu }: ParsedPdu, rules: RoomVersionRules): ServerName[] {
  const signers = new Set<ServerName>();
  if (!isThirdPartyInvite(pdu.type, pdu.content)) signers.add(serverNameOf(pdu.sender));
  if (rules.eventIds === 'explicit') {
    const server = pdu.eventId.slice(pdu.eventId.indexOf(':') + 1);
    if (isServerName(server)) signers.add(server);
  }
  const authoriser = ownValue(pdu.content, 'join_authorised_via_users_server');
  if (rules.restrictedJoin && pdu.type === 'm.room.member' && isUserId(authoriser))
    signers.add(serverNameOf(authoriser));
  return [...signers];
}

/** Whether the server has signed the event by this key. */
export function verifyEventSignature(event: ParsedPdu, signer: ServerName, keyId: string, publicKey: string): boolean {
  const signature = signatureOf(event.object, signer, keyId);
  return signature !== undefined && verifyBytes(publicKey, Buffer.from(event.signedText), signature);
}

/** A key by which a server signs or has signed events; times in milliseconds since 1970. */
export interface EventVerifyKey {
  readonly keyId: string;
  /** Base64. */
  readonly publicKey: string;
  readonly validUntilTs: number;
  /** Set for a key that the server no longer signs with. */
  readonly expiredTs?: number | undefined;
}

/** `key_not_available`: no known key can decide; it may be had later. */
export type SignatureVerdict = 'verified' | 'invalid_signature' | 'key_not_available';

/**
 * Whether every required server has signed the event. Of a server's signatures all that were made by a known key which was valid
 * at the event's time must verify, and there must be one; signatures by unknown or expired keys are skipped. A key id
 * may stand for several keys: a server that was installed anew uses it again.
 * Server-Server API v1.19, "Validating hashes and signatures on received events".
 */
export function checkEventSignatures(
  event: ParsedPdu,
  rules: RoomVersionRules,
  keysOf: (signer: ServerName, keyId: string) => readonly EventVerifyKey[],
  now: number,
): SignatureVerdict {
  for (const signer of requiredSigners(event, rules)) {
    const verdict = checkSigner(event, rules, signer, (keyId) => keysOf(signer, keyId), now);
    if (verdict !== 'verified') return verdict;
  }
  return 'verified';
}

function checkSigner(
  event: ParsedPdu,
  rules: RoomVersionRules,
  signer: ServerName,
  keysOf: (keyId: string) => readonly EventVerifyKey[],
  now: number,
): SignatureVerdict {
  const { originServerTs } = event.pdu;
  const keyIds = signingKeyIds(event.object, signer);
  let verified = false;
  let mayVerifyLater = false;
  for (const keyId of keyIds) {
    const known = keysOf(keyId);
    const valid = known.filter((key) => isKeyValidFor(originServerTs, key, now, rules));
    const verifies = ({ publicKey }: EventVerifyKey) => verifyEventSignature(event, signer, keyId, publicKey);
    if (valid.length > 0) {
      if (!valid.some(verifies)) return 'invalid_signature';
      verified = true;
    } else {
      // A newer publication of the key may cover the event's time, but none that is made now covers more than seven days.
      const isWithinReach = originServerTs <= now + SEVEN_DAYS;
      mayVerifyLater ||=
        known.length === 0 || (isWithinReach && known.some((key) => key.expiredTs === undefined && verifies(key)));
    }
  }
  if (verified) return 'verified';
  return mayVerifyLater ? 'key_not_available' : 'invalid_signature';
}

/** A copy of the event with this server's signature added: for joins it authorises and invites it accepts. */
export function signEvent(event: ParsedPdu, signer: ServerName, key: SigningKey, rules: RoomVersionRules): ParsedPdu {
  const signatures = ownValue(event.object, 'signatures');
  const signature = signBytes(key, Buffer.from(event.signedText));
  const signed = withSignature(isJsonObject(signatures) ? signatures : {}, signer, key.keyId, signature);
  return reread({ ...event.object, signatures: signed }, rules);
}

/** What stays of the event after its redaction, or when its content hash was wrong. Its id and signatures stay valid. */
export function redactedPdu(event: ParsedPdu, rules: RoomVersionRules): ParsedPdu {
  return reread(redactEvent(event.object, rules), rules);
}

/**
 * Whether a key that is published as valid until `validUntilTs` may verify an event of `originServerTs`; all milliseconds
 * since 1970. Room version 5, "Signing key validity period"; always true before.
 */
export function isKeyValidFor(
  originServerTs: number,
  key: { readonly validUntilTs: number; readonly expiredTs?: number | undefined },
  now: number,
  rules: RoomVersionRules,
): boolean {
  if (!rules.enforcesKeyValidity) return true;
  if (key.expiredTs !== undefined) return originServerTs <= key.expiredTs;
  return originServerTs <= Math.min(key.validUntilTs, now + SEVEN_DAYS);
}

function reread(object: ParsedPdu['object'], rules: RoomVersionRules): ParsedPdu {
  const parsed = pduFromObject(object, rules);
  if (parsed.ok) return parsed.value;
  throw new TypeError(`an event that was well-formed became ${parsed.error.code}`);
}

function isThirdPartyInvite(type: string, content: ParsedPdu['pdu']['content']): boolean {
  if (type !== 'm.room.member' || ownValue(content, 'membership') !== 'invite') return false;
  return isJsonObject(ownValue(content, 'third_party_invite'));
}
