import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import { parsePropertyPath, valueAtPath } from '../property-path/property-path.ts';

/** An event as push rules look at it; one for all the users whose rules are asked. */
export type PushEvent = {
  readonly type: string;
  readonly sender: string;
  readonly roomId: string;
  /** The value at a dot-separated path, such as `content.body`. */
  readonly property: (path: string) => JsonValue | undefined;
};

/** `event` in the form for clients or as a PDU; what it holds of room_id is not looked at. */
export function pushEvent(event: JsonObject, type: string, sender: string, roomId: string): PushEvent {
  const found = new Map<string, JsonValue | undefined>([['room_id', roomId]]);
  return {
    type,
    sender,
    roomId,
    property: (path) => {
      const known = found.get(path);
      if (known !== undefined || found.has(path)) return known;
      const value = valueAtPath(event, parsePropertyPath(path));
      found.set(path, value);
      return value;
    },
  };
}
