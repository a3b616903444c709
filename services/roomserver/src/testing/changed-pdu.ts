import { isJsonObject, type JsonObject, type JsonValue } from '@plexus/matrix';

/** A PDU with other values at some of its keys; undefined leaves the key out. Nothing is signed anew. */
export function changedPdu(json: string, changes: Record<string, JsonValue | undefined>): string {
  const object: JsonObject = objectOf(json);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete object[key];
    else object[key] = value;
  }
  return JSON.stringify(object);
}

export function objectOf(json: string): JsonObject {
  const parsed: unknown = JSON.parse(json);
  if (!isJsonObject(parsed)) throw new Error('no PDU');
  return parsed;
}
