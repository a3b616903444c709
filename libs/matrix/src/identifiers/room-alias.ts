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

/**
 * Whether a new alias may have this localpart. It is not empty, and people can read, type and tell it: no white space, no control
 * characters, nothing that is not seen at all. What older servers made may be otherwise and stays an alias.
 */
export function isNewAliasLocalpart(localpart: string): boolean {
  if (localpart === '' || localpart.includes(':')) return false;
  if (/[\p{White_Space}\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(localpart)) return false;
  return /[^\p{Cf}\p{M}]/u.test(localpart);
}

/** The part between `#` and the first `:`. */
export function aliasLocalpartOf(alias: RoomAlias): string {
  return alias.slice(1, alias.indexOf(':'));
}
