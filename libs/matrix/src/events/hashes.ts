import { hash } from 'node:crypto';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import { type EventId, isEventId } from '../identifiers/event-id.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';

/** Unpadded base64 of the content hash of an event in PDU form. Server-Server API, "Calculating the content hash for an event". */
export function contentHash(event: JsonObject): string {
  const { unsigned: _unsigned, signatures: _signatures, hashes: _hashes, ...hashed } = event;
  return sha256(canonicalJson(hashed));
}

/** Whether `hashes.sha256` is right. When not, the event is to be redacted before anything else is done with it. */
export function hasValidContentHash(event: JsonObject): boolean {
  const hashes = ownValue(event, 'hashes');
  const claimed = isJsonObject(hashes) ? ownValue(hashes, 'sha256') : undefined;
  const actual = contentHash(event);
  return claimed === actual || claimed === `${actual}=`;
}

/**
 * The text that the signatures and the reference hash of an event are taken over: redacted by its room version's rules,
 * without `signatures` and `unsigned`. Server-Server API, "Calculating the reference hash for an event".
 */
export function signedEventText(event: JsonObject, rules: RoomVersionRules): string {
  const { unsigned: _unsigned, signatures: _signatures, ...signed } = redactEvent(event, rules);
  return canonicalJson(signed);
}

/** Unpadded base64 of the reference hash, as prev_events and auth_events of room versions 1 and 2 hold it. */
export function referenceHash(event: JsonObject, rules: RoomVersionRules): string {
  return sha256(signedEventText(event, rules));
}

/** The id of an event whose id is its reference hash. Room version pages, "Event IDs". */
export function eventIdOfSignedText(signedText: string, alphabet: 'hash' | 'url_safe_hash'): EventId {
  const eventId = `$${alphabet === 'hash' ? sha256(signedText) : hash('sha256', signedText, 'base64url')}`;
  if (isEventId(eventId)) return eventId;
  throw new TypeError('a hash that is no event id');
}

/** Unpadded base64 of the SHA-256 of a text. */
export function sha256(text: string): string {
  const padded = hash('sha256', text, 'base64');
  return padded.slice(0, padded.indexOf('='));
}
