import { type AuthenticatedRequest, errors, type Requester, roomIdParam } from '@plexus/http';
import type { RoomId } from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { OtherServices } from '../clients/other-services.ts';
import type { EventStore } from '../clients/roomserver.ts';
import type { Membership } from '../domain/membership.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import { hasForgotten } from '../storage/forgotten-rooms.ts';
import { readMembershipChanges } from '../storage/memberships.ts';
import type { RoomNumbers } from '../storage/room-numbers.ts';
import { readVisibilities } from '../storage/timelines.ts';
import type { IgnoredUsers } from './ignored-users.ts';
import type { ReadBarrier } from './read-barrier.ts';
import { now, type RoomHistory, readableUpTo, visibilityAt } from './room-history.ts';

export interface ReadContext {
  readonly database: Database;
  readonly memory: MemoryIndex;
  readonly events: EventStore;
  readonly roomserver: OtherServices['roomserver'];
  readonly numbers: RoomNumbers;
  readonly ignored: IgnoredUsers;
  readonly generation: number;
  readonly clock: Clock;
  readonly barrier: ReadBarrier;
}

/** A room as one reader may see it. */
export interface OpenRoom {
  readonly roomId: RoomId;
  readonly roomNid: number;
  readonly reader: Pick<Requester, 'userId' | 'deviceId'>;
  readonly history: RoomHistory;
  /** The reader's membership now; undefined when they never had one, or have forgotten the room. */
  readonly membership: Membership | undefined;
  readonly isWorldReadable: boolean;
  readonly ignored: ReadonlySet<string>;
  /** The reader sees nothing of what came after this position: `now` while they see what comes. */
  readonly readableUpTo: number;
  /** The same as a position that this replica has reached. */
  readonly upTo: number;
}

/** The logs that say what a reader may see of a room. */
export const roomReadLogs = ['room', 'user'] as const;

/**
 * The room of the path, with everything that was committed before the request.
 *
 * @throws MatrixHttpError M_FORBIDDEN also for rooms that do not exist: strangers must not learn which rooms do
 */
export async function openRoom(context: ReadContext, request: AuthenticatedRequest): Promise<OpenRoom> {
  const roomId = roomIdParam(request);
  await context.barrier.pass(roomReadLogs);
  const room = await findOpenRoom(context, roomId, request.requester);
  if (room === undefined) throw errors.forbidden('You are not allowed to see this room');
  return room;
}

/** The room, for a reader who has passed the barrier; undefined when they may see nothing of it. */
export async function findOpenRoom(
  context: ReadContext,
  roomId: RoomId,
  { userId, deviceId }: Pick<Requester, 'userId' | 'deviceId'>,
): Promise<OpenRoom | undefined> {
  const { database, memory } = context;
  const roomNid = (await context.numbers.find(database, [roomId])).get(roomId);
  if (roomNid === undefined) return undefined;
  const [memberships, visibilities, ignored] = await Promise.all([
    readMembershipChanges(database, userId, [roomNid]),
    readVisibilities(database, [roomNid]),
    context.ignored.of(userId),
  ]);
  const all = memberships.get(roomNid) ?? [];
  const last = all.at(-1);
  const isForgotten =
    last !== undefined && last.membership !== 'join' && (await hasForgotten(database, userId, roomNid, last.position));
  const history = { memberships: isForgotten ? [] : all, visibilities: visibilities.get(roomNid) ?? [] };
  const readable = readableUpTo(history);
  if (readable === undefined) return undefined;
  return {
    roomId,
    roomNid,
    reader: { userId, deviceId },
    history,
    membership: isForgotten ? undefined : last?.membership,
    isWorldReadable: visibilityAt(history.visibilities, now) === 'world_readable',
    ignored,
    readableUpTo: readable,
    upTo: Math.min(readable, memory.position.room),
  };
}
