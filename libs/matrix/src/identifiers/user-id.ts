import type { Branded } from './brand.ts';
import { type IdentifierLimit, isIdentifierText } from './limits.ts';
import { isServerName, type ServerName } from './server-name.ts';

/** `@localpart:server`, historical localparts included. */
export type UserId = Branded<'UserId'>;

/** Appendices, "User Identifiers" and "Historical User IDs": what events of every room version may carry. */
export function parseUserId(text: string): UserId | undefined {
  return isUserId(text) ? text : undefined;
}

export function isUserId(text: unknown): text is UserId {
  return isUserIdWithin(text, 'bytes');
}

/** The same, of events of a room whose identifiers are limited as said. */
export function isUserIdWithin(text: unknown, limit: IdentifierLimit): text is UserId {
  if (typeof text !== 'string' || text.charCodeAt(0) !== 0x40) return false;
  const colon = text.indexOf(':');
  return colon > 0 && isIdentifierText(text, limit) && isServerName(text.slice(colon + 1));
}

/** The part between `@` and the first `:`. May be empty in a historical user id. */
export function localpartOf(userId: UserId): string {
  return userId.slice(1, userId.indexOf(':'));
}

/**
 * The user id of a localpart on a server, or undefined when it would not be one. A localpart that was never checked may be
 * historical: a new account needs `isNewLocalpart` too.
 */
export function userIdFrom(localpart: string, serverName: ServerName): UserId | undefined {
  return localpart.includes(':') ? undefined : parseUserId(`@${localpart}:${serverName}`);
}

/** Whether an account may be created with this localpart: `a-z 0-9 . _ = - / +`, not empty. Appendices, "User Identifiers". */
export function isNewLocalpart(localpart: string): boolean {
  if (localpart.length === 0 || localpart.length > 255) return false;
  for (let i = 0; i < localpart.length; i++) if (!isLocalpartCharacter(localpart.charCodeAt(i))) return false;
  return true;
}

function isLocalpartCharacter(c: number): boolean {
  const lowerCase = c >= 0x61 && c <= 0x7a;
  const dashDotSlashDigits = c >= 0x2d && c <= 0x39;
  return lowerCase || dashDotSlashDigits || c === 0x5f || c === 0x3d || c === 0x2b;
}
