import type { Branded } from './brand.ts';
import { type IdentifierLimit, isIdentifierText } from './limits.ts';

/** `$opaque:server` in room versions 1 and 2, `$` and the reference hash later. To be compared, never taken apart. */
export type EventId = Branded<'EventId'>;

/**
 * Accepts every id that could name an event: `$` and at least one character, at most 255 bytes. Which form is right depends
 * on the room version, and an id of the wrong form simply names no event. Appendices, "Event IDs".
 */
export function parseEventId(text: string): EventId | undefined {
  return isEventId(text) ? text : undefined;
}

export function isEventId(text: unknown): text is EventId {
  return isEventIdWithin(text, 'bytes');
}

/** The same, of a room whose identifiers are limited as said. */
export function isEventIdWithin(text: unknown, limit: IdentifierLimit): text is EventId {
  return typeof text === 'string' && text.charCodeAt(0) === 0x24 && text.length > 1 && isIdentifierText(text, limit);
}
