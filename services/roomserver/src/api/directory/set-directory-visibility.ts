import type { SetDirectoryVisibilityRequest, SetDirectoryVisibilityResponse } from '@plexus/contracts/roomserver';
import { isRoomId, isUserId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { updatePublished } from '../../storage/rooms.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';
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
  const there = await context.database.query(selectRoomsThere, [[roomId]]);
  if (there.length === 0) return { kind: 'unknown_room' };
  if (!(await hasRightOverRoom(context, roomId, userId))) return { kind: 'no_right_over_directory' };
  await context.database.query(updatePublished, [roomId, published]);
  return undefined;
}
