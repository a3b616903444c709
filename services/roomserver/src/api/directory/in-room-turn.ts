import type { RoomId } from '@plexus/matrix';
import type { Transaction } from '@plexus/postgres';
import type { RoomserverContext } from '../../context.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { LiveRoom } from '../../room-actor/live-room.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import { lockHead } from '../../storage/room-heads.ts';

/**
 * Judges by a room's state and writes what follows from it, while nobody changes that state: who is removed from a room at the same time
 * either still was in it, or is refused.
 */
export function inRoomTurn(
  { database }: Pick<RoomserverContext, 'database'>,
  roomId: RoomId,
  work: (room: LiveRoom, transaction: Transaction) => Promise<Refusal | undefined>,
): Promise<Refusal | undefined> {
  return database.transaction(async (transaction) => {
    await transaction.query(lockHead, [roomId]);
    const room = await loadRoom(transaction, roomId);
    if (room === undefined || room.tip.extremities.length === 0) return { kind: 'unknown_room' };
    return work(room, transaction);
  });
}
