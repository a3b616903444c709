import type { SetTypingRequest, SetTypingResponse } from '@plexus/contracts/typing';
import { isRoomId, isUserId, type RoomId, type UserId } from '@plexus/matrix';
import { RpcError } from '@plexus/rpc';
import type { TypingContext } from '../../context.ts';
import { MAX_TYPING_MS } from '../../storage/typing-sets.ts';

/**
 * Says that a user types in a room for so long (at most 120 s), or no longer. Whether the user is in the room is for the edge to know. While the
 * ephemeral store is away this is forgotten, and that is no error. Client-server API, "Typing Notifications".
 * @throws RpcError INVALID_ARGUMENT
 */
export async function setTyping(
  context: TypingContext,
  { roomId, userId, timeoutMs }: SetTypingRequest,
): Promise<SetTypingResponse> {
  if (!isRoomId(roomId) || !isUserId(userId)) throw new RpcError('INVALID_ARGUMENT', 'not a room id or a user id');
  try {
    await change(context, roomId, userId, Math.min(timeoutMs, MAX_TYPING_MS));
  } catch (error) {
    context.broadcast.forgotten(error);
  }
  return {};
}

async function change(
  { broadcast, sets }: TypingContext,
  roomId: RoomId,
  userId: UserId,
  timeoutMs: number,
): Promise<void> {
  if (timeoutMs <= 0) await broadcast.changed(roomId, await sets.end(roomId, userId), undefined);
  else await broadcast.changed(roomId, await sets.begin(roomId, userId, timeoutMs), timeoutMs);
}
