import type { Branded } from './brand.ts';
import { type EventId, parseEventId } from './event-id.ts';
import { type IdentifierLimit, isIdentifierText } from './limits.ts';
import { isServerName } from './server-name.ts';

/** `!opaque:server`, or since room version 12 `!` and the create event's reference hash. */
export type RoomId = Branded<'RoomId'>;

const HASH_LENGTH = 43;

/** Appendices, "Room IDs". */
export function parseRoomId(text: string): RoomId | undefined {
  return isRoomId(text) ? text : undefined;
}

export function isRoomId(text: unknown): text is RoomId {
  return isRoomIdWithin(text, 'bytes');
}

/** The same, of a room whose identifiers are limited as said. */
export function isRoomIdWithin(text: unknown, limit: IdentifierLimit): text is RoomId {
  if (typeof text !== 'string' || text.charCodeAt(0) !== 0x21) return false;
  const colon = text.indexOf(':');
  if (colon < 0) return isCreateEventHash(text);
  return isIdentifierText(text, limit) && isServerName(text.slice(colon + 1));
}

/** Whether the id is of the form without a domain (room version 12 and later). */
export function isHashRoomId(roomId: RoomId): boolean {
  return !roomId.includes(':');
}

/** The room id that a create event makes in room version 12: its event id with the sigil `!`. */
export function roomIdFromCreateEvent(eventId: EventId): RoomId | undefined {
  return parseRoomId(`!${eventId.slice(1)}`);
}

/** The id of the create event of a room of version 12 or later. Undefined for a room id with a domain. */
export function createEventOfRoomId(roomId: RoomId): EventId | undefined {
  return roomId.includes(':') ? undefined : parseEventId(`$${roomId.slice(1)}`);
}

function isCreateEventHash(text: string): boolean {
  if (text.length !== HASH_LENGTH + 1) return false;
  for (let i = 1; i < text.length; i++) if (!isUrlSafeBase64(text.charCodeAt(i))) return false;
  return true;
}

function isUrlSafeBase64(c: number): boolean {
  const alphanumeric = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39);
  return alphanumeric || c === 0x2d || c === 0x5f;
}
