import { RpcError } from '@plexus/rpc';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { selectServersInRooms } from '../../storage/servers.ts';

/**
 * Refuses a server that has no user joined to one of the rooms: their events and state are for their members' servers. Nothing is checked for
 * this server itself (undefined). Server-Server API, "Retrieving events": the answer to such a server is 403.
 * @throws RpcError PERMISSION_DENIED, for rooms that do not exist too
 */
export async function requireServerInRooms(
  { database }: Pick<RoomserverContext, 'database'>,
  server: string | undefined,
  roomIds: readonly string[],
): Promise<void> {
  if (server === undefined) return;
  const rooms = [...new Set(roomIds)];
  const isAskable = isStorable(server) && rooms.every(isStorable);
  const rows = isAskable
    ? await database.query<{ place: number }>(selectServersInRooms, [[...rooms.keys()], rooms, rooms.map(() => server)])
    : [];
  if (!isAskable || rows.length < rooms.length)
    throw new RpcError('PERMISSION_DENIED', 'the asking server has no user in the room');
}
