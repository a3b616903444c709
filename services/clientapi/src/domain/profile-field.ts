import { type JsonObject, type JsonValue, ownValue } from '@plexus/matrix';

/** Fields that the member events of a user's rooms repeat. */
const inMemberEvents = new Set(['displayname', 'avatar_url']);

export function isInMemberEvents(name: string): boolean {
  return inMemberEvents.has(name);
}

export type ProfileFieldError = 'missing' | 'not_a_string' | 'bad_name';

export type NewProfileField =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'refused'; readonly error: ProfileFieldError };

/** What a request sets a profile field to. Client-server API, "PUT /_matrix/client/v3/profile/{userId}/{keyName}". */
export function newProfileField(name: string, body: JsonObject): NewProfileField {
  if (!isFieldName(name)) return { kind: 'refused', error: 'bad_name' };
  const value = ownValue(body, name);
  // Older clients leave the name out, or send null, to take it away.
  if (inMemberEvents.has(name) && (value === undefined || value === null)) return { kind: 'value', value: '' };
  if (value === undefined) return { kind: 'refused', error: 'missing' };
  if (inMemberEvents.has(name) && typeof value !== 'string') return { kind: 'refused', error: 'not_a_string' };
  return { kind: 'value', value };
}

/** Appendices, "Common Namespaced Identifier Grammar": `a-z 0-9 _ - .`, beginning with a letter. */
export function isFieldName(name: string): boolean {
  return /^[a-z][a-z0-9_.-]{0,254}$/.test(name);
}
