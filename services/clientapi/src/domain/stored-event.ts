import type { StoredEvent } from '@plexus/contracts/roomserver';
import { emptyJsonObject, isJsonObject, type JsonObject, ownValue, parseStoredJson } from '@plexus/matrix';

/** The content of an event as roomserver keeps it. */
export function contentOf(event: StoredEvent): JsonObject {
  const content = ownValue(jsonObject(event.json), 'content');
  return isJsonObject(content) ? content : emptyJsonObject();
}

/** JSON that another service has checked to be an object. */
export function jsonObject(text: string): JsonObject {
  const value: unknown = parseStoredJson(text);
  if (isJsonObject(value)) return value;
  throw new TypeError('a JSON object was expected from another service');
}
