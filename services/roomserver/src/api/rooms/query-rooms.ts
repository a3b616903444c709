import type { QueryRoomsRequest, QueryRoomsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { type RoomRow, selectRooms } from '../../storage/rooms.ts';

/** Versions, aliases and listing of rooms; unknown rooms are left out. */
export async function queryRooms(
  { database }: RoomserverContext,
  { roomIds }: QueryRoomsRequest,
): Promise<QueryRoomsResponse> {
  const rows = await database.query<RoomRow>(selectRooms, [storableOnly(roomIds)]);
  return {
    rooms: rows.map(({ room_id, room_version, aliases, published }) => ({
      roomId: room_id,
      roomVersion: room_version,
      aliases,
      published,
    })),
  };
}
