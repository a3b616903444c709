import { isJsonObject, isRoomId, type JsonObject, type JsonValue, ownValue } from '@plexus/matrix';

type Check = (value: JsonValue) => boolean;

const text: Check = (value) => typeof value === 'string';
const textOrNull: Check = (value) => value === null || text(value);
const flag: Check = (value) => typeof value === 'boolean';
const integer: Check = (value) => Number.isSafeInteger(value);
const object: Check = isJsonObject;
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const objects: Check = (value) => Array.isArray(value) && value.every(isJsonObject);
const roomId: Check = isRoomId;

/**
 * What clients read of state, by type and key of the content; typed clients drop an event, or the whole response, where one of these is of
 * another type. A key may be absent: that is how clients take a name or a topic away. Power levels and aliases are checked where they are
 * judged. Client-Server API, "Room events".
 */
const checks: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map(
  Object.entries({
    'm.room.member': { displayname: textOrNull, avatar_url: textOrNull, reason: textOrNull, is_direct: flag },
    'm.room.name': { name: text },
    'm.room.topic': { topic: text, 'm.topic': object },
    'm.room.avatar': { url: textOrNull, info: object },
    'm.room.join_rules': { join_rule: text, allow: objects },
    'm.room.history_visibility': { history_visibility: text },
    'm.room.guest_access': { guest_access: text },
    'm.room.encryption': { algorithm: text, rotation_period_ms: integer, rotation_period_msgs: integer },
    'm.room.server_acl': { allow: texts, deny: texts, allow_ip_literals: flag },
    'm.room.pinned_events': { pinned: texts },
    'm.room.tombstone': { body: text, replacement_room: roomId },
    'm.room.third_party_invite': { display_name: text, key_validity_url: text, public_key: text, public_keys: objects },
    'm.space.child': { via: texts, order: text, suggested: flag },
    'm.space.parent': { via: texts, canonical: flag },
  }),
);

/** Types whose state key names a room. */
const keyedByRoom: readonly string[] = ['m.space.child', 'm.space.parent'];

/** What of a state event that a user of this server sends is malformed: a key of its content, or `state_key`. */
export function malformedKey(event: {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}): string | undefined {
  const { type, stateKey, content } = event;
  // An event without content takes back what stands there, however that came about.
  const isRemoval = Object.keys(content).length === 0;
  if (keyedByRoom.includes(type) && !isRemoval && !isRoomId(stateKey)) return 'state_key';
  return Object.entries(checks.get(type) ?? {}).find(([key, check]) => {
    const value = ownValue(content, key);
    return value !== undefined && !check(value);
  })?.[0];
}
