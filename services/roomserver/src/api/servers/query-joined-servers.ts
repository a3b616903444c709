import type { QueryJoinedServersRequest, QueryJoinedServersResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { selectJoinedServers } from '../../storage/servers.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';

/** The servers that have a user joined to each room; an answer for each id of the request, in order. */
export async function queryJoinedServers(
  { database }: RoomserverContext,
  { roomIds }: QueryJoinedServersRequest,
): Promise<QueryJoinedServersResponse> {
  const asked = storableOnly(roomIds);
  const [there, rows] = await Promise.all([
    database.query<{ room_id: string }>(selectRoomsThere, [asked]),
    database.query<{ room_id: string; server: string }>(selectJoinedServers, [asked]),
  ]);
  const known = new Set(there.map(({ room_id }) => room_id));
  const servers = Map.groupBy(rows, ({ room_id }) => room_id);
  return {
    rooms: roomIds.map((roomId) => ({
      roomId,
      exists: known.has(roomId),
      servers: (servers.get(roomId) ?? []).map(({ server }) => server),
    })),
  };
}
