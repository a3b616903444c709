import type { QueryRoomBlockedRequest, QueryRoomBlockedResponse } from '@plexus/contracts/roomserver';
import { isRoomId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { selectBlocked } from '../../storage/blocked-rooms.ts';

/** Whether a room is blocked, and by whom. */
export async function queryRoomBlocked(
  { database }: RoomserverContext,
  { roomId }: QueryRoomBlockedRequest,
): Promise<QueryRoomBlockedResponse> {
  if (!isRoomId(roomId)) return { blockedBy: undefined };
  const [row] = await database.query<{ blocked_by: string }>(selectBlocked, [roomId]);
  return { blockedBy: row?.blocked_by };
}
