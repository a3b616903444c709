import type { DeleteRoomRequest, DeleteRoomResponse } from '@plexus/contracts/roomserver';
import { isLocal, isRoomId, isUserId, type Result } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { newRoomId } from '../../room-actor/create-room.ts';
import { insertBlocked, outdateHead } from '../../storage/blocked-rooms.ts';
import { removalKinds, removalStages } from '../../storage/room-removals.ts';
import { selectRoomNumber } from '../../storage/rooms.ts';
import { startRemoval } from './start-removal.ts';

/**
 * Makes the local members of a room leave and, unless it is only to be emptied, removes it with all that is stored of it. A room that is not
 * known here can be blocked by it. Synapse's admin API, "Delete Room API", version 2.
 */
export async function deleteRoom(
  context: RoomserverContext,
  request: DeleteRoomRequest,
  wake: () => void,
): Promise<DeleteRoomResponse> {
  const started = await start(context, request);
  wake();
  return started.ok
    ? { result: { $case: 'removalId', value: started.value } }
    : { result: { $case: 'error', value: matrixErrorOf(started.error) } };
}

async function start(context: RoomserverContext, request: DeleteRoomRequest): Promise<Result<string, Refusal>> {
  const { roomId, requestedBy, newRoomUserId, newRoomName, message } = request;
  if (!isRoomId(roomId)) return refuse({ kind: 'invalid_parameter', parameter: 'room_id' });
  const isMaker =
    newRoomUserId === undefined || (isUserId(newRoomUserId) && isLocal(newRoomUserId, context.serverName));
  if (!isMaker) return refuse({ kind: 'invalid_parameter', parameter: 'new_room_user_id' });
  if (![newRoomName, message, newRoomUserId].every((text) => text === undefined || isStorable(text)))
    return refuse({ kind: 'invalid_parameter', parameter: 'message' });
  const { database, defaultRules, createRoom } = context;
  const [known] = await database.query<{ room: number }>(selectRoomNumber, [roomId]);
  if (known === undefined && !request.block) return refuse({ kind: 'unknown_room' });
  const now = createRoom.stages.clock.now();
  if (request.block) await database.query(insertBlocked, [roomId, requestedBy, now]);
  const hasPresetId = newRoomUserId !== undefined && !defaultRules.roomIdIsCreateEventHash;
  const started = await startRemoval(context, {
    kind: removalKinds.deletion,
    roomId,
    room: known?.room,
    requestedBy,
    stage: known === undefined ? removalStages.complete : removalStages.membersLeave,
    purge: request.purge,
    force: request.forcePurge,
    newRoom: {
      userId: newRoomUserId,
      name: newRoomName,
      message,
      roomId: hasPresetId ? newRoomId(createRoom.stages) : undefined,
    },
    upTo: undefined,
    localEvents: true,
  });
  if (started.ok) await database.query(outdateHead, [roomId]);
  return started;
}

function refuse<Value>(refusal: Refusal): Result<Value, Refusal> {
  return { ok: false, error: refusal };
}
