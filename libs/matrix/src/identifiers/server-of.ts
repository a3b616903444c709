import type { RoomAlias } from './room-alias.ts';
import type { RoomId } from './room-id.ts';
import { isServerName, type ServerName } from './server-name.ts';
import type { UserId } from './user-id.ts';

/** The server that a user or room alias belongs to. */
export function serverNameOf(id: UserId | RoomAlias): ServerName {
  const serverName = id.slice(id.indexOf(':') + 1);
  if (isServerName(serverName)) return serverName;
  throw new TypeError('an identifier that no parser made');
}

/** Whether the user or room alias belongs to this server. */
export function isLocal(id: UserId | RoomAlias, serverName: ServerName): boolean {
  return (
    id.length > serverName.length && id.endsWith(serverName) && id.indexOf(':') === id.length - serverName.length - 1
  );
}

/**
 * The server in a room id, for guesses about where to ask for the room only: it need not be in the room any more. Undefined
 * since room version 12.
 */
export function serverNameOfRoomId(roomId: RoomId): ServerName | undefined {
  const colon = roomId.indexOf(':');
  if (colon < 0) return undefined;
  const serverName = roomId.slice(colon + 1);
  return isServerName(serverName) ? serverName : undefined;
}
