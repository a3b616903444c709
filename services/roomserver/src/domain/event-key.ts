import { createHash } from 'node:crypto';
import { type EventId, isEventId, parseStoredJson, type RoomVersionRules } from '@plexus/matrix';

/** The 32 bytes under which an event is stored, as the texts of two uuids without dashes. */
export interface EventKey {
  readonly head: string;
  readonly tail: string;
}

const HASH_ID_LENGTH = 44;

/** An event id's hash itself since room version 3; the SHA-256 of the id before, where it is text of its server's choice. */
export function eventKeyOf(eventId: EventId): EventKey {
  const bytes = hashInEventId(eventId) ?? createHash('sha256').update(eventId).digest();
  const hex = bytes.toString('hex');
  return { head: hex.slice(0, 32), tail: hex.slice(32) };
}

/** The event id that the 32 bytes stand for. Room versions 1 and 2 keep it in the event, which the caller then has to give. */
export function eventIdOfKey(key: Buffer, rules: RoomVersionRules, json: string | undefined): EventId {
  const eventId = rules.eventIds === 'explicit' ? explicitId(json) : `$${encodeHash(key, rules.eventIds)}`;
  if (isEventId(eventId)) return eventId;
  throw new TypeError('a stored event without an event id');
}

function hashInEventId(eventId: EventId): Buffer | undefined {
  if (eventId.length !== HASH_ID_LENGTH) return undefined;
  const bytes = Buffer.from(eventId.slice(1), 'base64');
  return bytes.length === 32 ? bytes : undefined;
}

function encodeHash(key: Buffer, alphabet: 'hash' | 'url_safe_hash'): string {
  return alphabet === 'url_safe_hash' ? key.toString('base64url') : key.toString('base64').slice(0, HASH_ID_LENGTH - 1);
}

function explicitId(json: string | undefined): unknown {
  const event: unknown = json === undefined ? undefined : parseStoredJson(json);
  return typeof event === 'object' && event !== null && 'event_id' in event ? event.event_id : undefined;
}
