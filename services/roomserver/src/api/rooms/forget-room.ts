import type { ForgetRoomRequest, ForgetRoomResponse } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { isRoomId, isUserId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { membershipFilter, membershipName } from '../../domain/membership.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { insertForgotten, selectForgettable } from '../../storage/forgotten-rooms.ts';
import { writeNotice } from '../../storage/log-notices.ts';

const forgettable: readonly string[] = ['leave', 'ban'];

/**
 * A user who left wants to know nothing of the room any more. Client-Server API, POST /rooms/{roomId}/forget. Twice is once, and a room that the
 * user never was in is forgotten already.
 */
export async function forgetRoom(context: RoomserverContext, request: ForgetRoomRequest): Promise<ForgetRoomResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(
  { database, committer }: RoomserverContext,
  { roomId, userId }: ForgetRoomRequest,
): Promise<Refusal | undefined> {
  if (!isUserId(userId)) return { kind: 'invalid_parameter', parameter: 'user' };
  if (!isRoomId(roomId)) return { kind: 'unknown_room' };
  type Row = { membership: number; forgotten: boolean };
  const [row] = await database.query<Row>(selectForgettable, [roomId, userId]);
  if (row === undefined || row.forgotten) return undefined;
  if (!forgettable.includes(membershipName(row.membership))) return { kind: 'still_in_room' };
  const entry = await database.transaction(async (transaction): Promise<RoomLogEntry | undefined> => {
    const numbers = membershipFilter(forgettable) ?? null;
    const forgotten = await transaction.query(insertForgotten, [roomId, userId, numbers]);
    return forgotten.length === 0 ? undefined : writeNotice(transaction, { kind: 'forgotten', roomId, userId });
  });
  if (entry !== undefined) committer.published([entry]);
  return undefined;
}
