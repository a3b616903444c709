import type { RoomId, UserId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { outdateHead } from '../../storage/blocked-rooms.ts';
import { removalKinds, removalStages } from '../../storage/room-removals.ts';
import { selectRoomNumber } from '../../storage/rooms.ts';
import { startRemoval } from '../removal/start-removal.ts';

/** A room that was made for an upgrade and may not take the old one's place: it goes in the background as if an administrator had deleted it. */
export async function abandonRoom(context: RoomserverContext, roomId: RoomId, maker: UserId): Promise<void> {
  const { database } = context;
  const [known] = await database.query<{ room: number }>(selectRoomNumber, [roomId]);
  if (known === undefined) return;
  const started = await startRemoval(context, {
    kind: removalKinds.deletion,
    roomId,
    room: known.room,
    requestedBy: maker,
    stage: removalStages.membersLeave,
    purge: true,
    force: true,
    newRoom: { userId: undefined, name: undefined, message: undefined, roomId: undefined },
    upTo: undefined,
    localEvents: true,
  });
  // Else somebody else has begun it.
  if (started.ok) await database.query(outdateHead, [roomId]);
}
