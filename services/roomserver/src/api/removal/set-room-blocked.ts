import type { SetRoomBlockedRequest, SetRoomBlockedResponse } from '@plexus/contracts/roomserver';
import { isRoomId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { matrixErrorOf } from '../../domain/refusal.ts';
import { deleteBlocked, insertBlocked, outdateHead } from '../../storage/blocked-rooms.ts';

/** Blocks a room or lets people in again. Synapse's admin API, "Block or unblock a room". */
export async function setRoomBlocked(
  { database, createRoom }: RoomserverContext,
  { roomId, requestedBy, blocked }: SetRoomBlockedRequest,
): Promise<SetRoomBlockedResponse> {
  if (!isRoomId(roomId)) return { error: matrixErrorOf({ kind: 'invalid_parameter', parameter: 'room_id' }) };
  if (blocked) await database.query(insertBlocked, [roomId, requestedBy, createRoom.stages.clock.now()]);
  else await database.query(deleteBlocked, [roomId]);
  await database.query(outdateHead, [roomId]);
  return { error: undefined };
}
