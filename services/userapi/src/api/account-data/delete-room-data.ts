import type { DeleteRoomDataRequest, DeleteRoomDataResponse } from '@plexus/contracts/userapi';
import { isRoomId } from '@plexus/matrix';
import type { UserapiContext } from '../../context.ts';
import { deleteRoomRows } from '../../storage/room-data.ts';

/** What users have of a room that was deleted goes: account data, tags and read markers, and what the log says of them. */
export async function deleteRoomData(
  { database }: UserapiContext,
  { roomId }: DeleteRoomDataRequest,
): Promise<DeleteRoomDataResponse> {
  if (isRoomId(roomId)) await deleteRoomRows(database, roomId);
  return {};
}
