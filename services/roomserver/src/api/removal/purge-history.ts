import type { PurgeHistoryRequest, PurgeHistoryResponse } from '@plexus/contracts/roomserver';
import { isEventId, isRoomId, type Result } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { removalKinds, removalStages, selectPurgeEvent, selectPurgeTime } from '../../storage/room-removals.ts';
import { selectRoomNumber } from '../../storage/rooms.ts';
import { startRemoval } from './start-removal.ts';

/**
 * Removes a room's messages from before an event or a time; that event stays, its state stays, and so does what the next event is built on. Synapse's admin API,
 * "Purge History API".
 */
export async function purgeHistory(
  context: RoomserverContext,
  request: PurgeHistoryRequest,
  wake: () => void,
): Promise<PurgeHistoryResponse> {
  const started = await start(context, request);
  wake();
  return started.ok
    ? { result: { $case: 'removalId', value: started.value } }
    : { result: { $case: 'error', value: matrixErrorOf(started.error) } };
}

async function start(context: RoomserverContext, request: PurgeHistoryRequest): Promise<Result<string, Refusal>> {
  const { roomId, requestedBy, deleteLocalEvents } = request;
  if (!isRoomId(roomId)) return { ok: false, error: { kind: 'invalid_parameter', parameter: 'room_id' } };
  const [known] = await context.database.query<{ room: number }>(selectRoomNumber, [roomId]);
  if (known === undefined) return { ok: false, error: { kind: 'unknown_room' } };
  const upTo = await positionOf(context, request);
  if (upTo === undefined) return { ok: false, error: { kind: 'unknown_purge_point' } };
  return startRemoval(context, {
    kind: removalKinds.historyPurge,
    roomId,
    room: known.room,
    requestedBy,
    stage: removalStages.rowsGo,
    purge: false,
    force: false,
    newRoom: { userId: undefined, name: undefined, message: undefined, roomId: undefined },
    upTo,
    localEvents: deleteLocalEvents,
  });
}

async function positionOf(
  { database }: RoomserverContext,
  { roomId, upTo }: PurgeHistoryRequest,
): Promise<number | undefined> {
  if (upTo?.$case === 'ts') {
    const [row] = await database.query<{ position: number }>(selectPurgeTime, [upTo.value]);
    return row?.position;
  }
  if (!isEventId(upTo?.value)) return undefined;
  const key = eventKeyOf(upTo.value);
  const [row] = await database.query<{ position: number }>(selectPurgeEvent, [roomId, key.head, key.tail]);
  // The event that is named is the first that stays.
  return row === undefined ? undefined : row.position - 1;
}
