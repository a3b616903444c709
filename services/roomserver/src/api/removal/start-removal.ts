import { encodeUrlSafeBase64, type Result, type RoomId } from '@plexus/matrix';
import { isUniqueViolation } from '@plexus/postgres';
import type { RoomserverContext } from '../../context.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { ACTIVE_REMOVAL, insertRemoval, removalStages } from '../../storage/room-removals.ts';

export interface NewRemoval {
  readonly kind: number;
  readonly roomId: RoomId;
  /** Undefined for a room that is not known here. */
  readonly room: number | undefined;
  readonly requestedBy: string;
  readonly stage: number;
  readonly purge: boolean;
  readonly force: boolean;
  readonly newRoom: {
    readonly userId: string | undefined;
    readonly name: string | undefined;
    readonly message: string | undefined;
    readonly roomId: RoomId | undefined;
  };
  readonly upTo: number | undefined;
  readonly localEvents: boolean;
}

const ID_BYTES = 12;
/** No room has this number. */
const UNKNOWN_ROOM = 0;

/** Writes down what is to be removed, to be carried out in the background. @returns the id to ask for it by */
export async function startRemoval(
  { database, createRoom }: RoomserverContext,
  removal: NewRemoval,
): Promise<Result<string, Refusal>> {
  const { random, clock } = createRoom.stages;
  const id = encodeUrlSafeBase64(random.bytes(ID_BYTES));
  const now = clock.now();
  const { newRoom } = removal;
  try {
    await database.query(insertRemoval, [
      id,
      removal.kind,
      removal.roomId,
      removal.room ?? UNKNOWN_ROOM,
      removal.requestedBy,
      now,
      removal.stage === removalStages.complete ? now : null,
      removal.stage,
      removal.purge,
      removal.force,
      newRoom.userId ?? null,
      newRoom.name ?? null,
      newRoom.message ?? null,
      newRoom.roomId ?? null,
      removal.upTo ?? null,
      removal.localEvents,
    ]);
    return { ok: true, value: id };
  } catch (error) {
    if (isUniqueViolation(error, ACTIVE_REMOVAL)) return { ok: false, error: { kind: 'removal_under_way' } };
    throw error;
  }
}
