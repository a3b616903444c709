import {
  emptyJsonObject,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from '../canonical-json/json-value.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';

export type ClientEventOptions = {
  readonly eventId: string;
  /** Left out in /sync, where the room is known from the place of the event. */
  readonly roomId?: string;
  readonly rules: RoomVersionRules;
  /** age, transaction_id, redacted_because, prev_content, m.relations …; left out when undefined. */
  readonly unsigned?: JsonObject | undefined;
};

const CLIENT_KEYS = ['content', 'origin_server_ts', 'sender', 'state_key', 'type'];

/**
 * The event as clients get it, of an event in PDU form. Client-Server API, "Room event format", ClientEvent.
 */
export function clientEvent(event: JsonObject, { eventId, roomId, rules, unsigned }: ClientEventOptions): JsonObject {
  const result = emptyJsonObject();
  copyKeys(event, result, CLIENT_KEYS);
  result['event_id'] = eventId;
  if (roomId !== undefined) result['room_id'] = roomId;
  if (unsigned !== undefined) result['unsigned'] = unsigned;
  if (ownValue(event, 'type') === 'm.room.redaction') addRedacts(event, result, rules);
  return result;
}

/** Client-Server API, "Stripped state". */
export function strippedState(event: JsonObject): JsonObject {
  const result = emptyJsonObject();
  copyKeys(event, result, ['content', 'sender', 'state_key', 'type']);
  return result;
}

/** Clients of any age find the target: at the top since room version 11 too, in the content before it too. */
function addRedacts(event: JsonObject, result: JsonObject, rules: RoomVersionRules): void {
  const content = ownValue(event, 'content');
  if (!isJsonObject(content)) return;
  const redacts: JsonValue | undefined = ownValue(rules.redactsIn === 'content' ? content : event, 'redacts');
  if (redacts === undefined) return;
  result['redacts'] = redacts;
  if (rules.redactsIn === 'event') result['content'] = { ...content, redacts };
}

function copyKeys(from: JsonObject, to: JsonObject, keys: readonly string[]): void {
  for (const key of keys) {
    const value = ownValue(from, key);
    if (value !== undefined) to[key] = value;
  }
}
