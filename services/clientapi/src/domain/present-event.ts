import type { StoredEvent } from '@plexus/contracts/roomserver';
import {
  clientEvent,
  emptyJsonObject,
  isJsonObject,
  type JsonObject,
  ownValue,
  parseStoredJson,
  roomVersion,
} from '@plexus/matrix';

/** The content of an event as roomserver keeps it. */
export function contentOf(event: StoredEvent): JsonObject {
  const content = ownValue(jsonObject(event.json), 'content');
  return isJsonObject(content) ? content : emptyJsonObject();
}

/**
 * An event as a client gets it. `now` in milliseconds, for its age. Client-server API, "Room event format", ClientEvent.
 */
export function presentEvent(event: StoredEvent, now: number): JsonObject {
  const rules = roomVersion(event.roomVersion);
  if (rules === undefined) throw new TypeError('an event of a room version that is not known');
  const unsigned: JsonObject = { age: Math.max(0, now - event.originServerTs) };
  if (event.replacesState !== undefined) unsigned['replaces_state'] = event.replacesState;
  if (event.prevContent !== undefined) unsigned['prev_content'] = jsonObject(event.prevContent);
  if (event.redactedBecause !== undefined && event.redactedBy !== undefined)
    unsigned['redacted_because'] = clientEvent(jsonObject(event.redactedBecause), {
      eventId: event.redactedBy,
      roomId: event.roomId,
      rules,
    });
  return clientEvent(jsonObject(event.json), { eventId: event.eventId, roomId: event.roomId, rules, unsigned });
}

/** The membership that the content of a member event sets. */
export function membershipOf(content: JsonObject): string | undefined {
  const membership = ownValue(content, 'membership');
  return typeof membership === 'string' ? membership : undefined;
}

/** JSON that another service has checked to be an object. */
export function jsonObject(text: string): JsonObject {
  const value: unknown = parseStoredJson(text);
  if (isJsonObject(value)) return value;
  throw new TypeError('a JSON object was expected from another service');
}
