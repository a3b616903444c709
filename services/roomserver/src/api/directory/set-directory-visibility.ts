import type { SetDirectoryVisibilityRequest, SetDirectoryVisibilityResponse } from '@plexus/contracts/roomserver';
import { isRoomId, isUserId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { updatePublished } from '../../storage/rooms.ts';
import { inRoomTurn } from './in-room-turn.ts';
import { hasRightOverRoom } from './right-over-room.ts';

/** Lists a room in the directory or takes it off. Client-Server API, PUT /directory/list/room/{roomId}. */
export async function setDirectoryVisibility(
  context: RoomserverContext,
  request: SetDirectoryVisibilityRequest,
): Promise<SetDirectoryVisibilityResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(
  context: RoomserverContext,
  { roomId, userId, published }: SetDirectoryVisibilityRequest,
): Promise<Refusal | undefined> {
  if (!isUserId(userId)) return { kind: 'invalid_parameter', parameter: 'user' };
  if (!isRoomId(roomId)) return { kind: 'unknown_room' };
  return inRoomTurn(context, roomId, async (room, transaction) => {
    if (!(await hasRightOverRoom(room, userId))) return { kind: 'no_right_over_directory' };
    await transaction.query(updatePublished, [roomId, published]);
    return undefined;
  });
}
