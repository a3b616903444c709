import { isJsonObject, ownValue } from '../canonical-json/json-value.ts';
import { isServerName, type ServerName } from '../identifiers/server-name.ts';
import { serverNameOf } from '../identifiers/server-of.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { signatureOf, withSignature } from '../signatures/sign-json.ts';
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
