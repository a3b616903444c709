import type { Branded } from './brand.ts';
import { isIdentifierText } from './limits.ts';
import { isServerName } from './server-name.ts';

/** `#localpart:server`. */
export type RoomAlias = Branded<'RoomAlias'>;

/** Appendices, "Room Aliases". */
export function parseRoomAlias(text: string): RoomAlias | undefined {
  return isRoomAlias(text) ? text : undefined;
}

export function isRoomAlias(text: unknown): text is RoomAlias {
  if (typeof text !== 'string' || text.charCodeAt(0) !== 0x23) return false;
  const colon = text.indexOf(':');
  return colon > 0 && isIdentifierText(text) && isServerName(text.slice(colon + 1));
}
