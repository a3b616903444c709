import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { Clock, Observability } from '@plexus/observability';
import type { Database, Transaction } from '@plexus/postgres';
import {
  type LogConsumer,
  loadSetAside,
  retryDeadLetters,
  roomLog,
  type StreamConnection,
  startLogConsumer,
  TrailingPosition,
  withoutSetAside,
} from '@plexus/streams';
import { isInterested, isUserOf, membershipChanges } from '../domain/interest.ts';
import type { Registration } from '../domain/registration.ts';
import { type FollowChange, FollowedRooms, storeFollowChanges } from '../storage/followed-rooms.ts';
import { removeRooms } from '../storage/interest.ts';
import { addPendingEvents } from '../storage/pending-events.ts';
import { positions } from '../storage/positions.ts';

export interface RoomLogConsumerOptions {
  readonly database: Database;
  readonly streams: StreamConnection;
  readonly roomserver: RoomserverService;
  readonly registrations: readonly Registration[];
  readonly clock: Clock;
  readonly observability: Observability;
  /** Bridges for which something is pending. */
  readonly wake: (bridgeIds: ReadonlySet<string>) => void;
}

export type RoomLogConsumer = Pick<LogConsumer, 'behindMs' | 'stop'>;

/** Notes for every bridge which entries of the room log it has to be told of. */
export async function consumeRoomLog(options: RoomLogConsumerOptions): Promise<RoomLogConsumer> {
  const { database, roomserver, registrations, clock } = options;
  const position = new TrailingPosition({ database, statements: positions, stream: roomLog, clock });
  const followed = new FollowedRooms();
  await followed.reload(database);
  const aliases = roomAliases(roomserver, registrations);
  const wake = ({ pending }: Decided) => {
    if (pending.length > 0) options.wake(new Set(pending.map(({ bridgeId }) => bridgeId)));
  };
  const consumer = await startLogConsumer(
    options.streams,
    {
      stream: roomLog,
      consumer: 'appservice',
      loadPosition: async () => {
        await followed.reload(database);
        return position.load();
      },
      readLog: ({ from, to, limit }) => roomserver.readLog({ from, to: to ?? 0, limit, partition: 0 }),
      apply: async (entries) => {
        const known = await aliases(entries);
        // Most entries concern no bridge; what is decided of others is decided again in the transaction, from what memory holds before them.
        if (concernsNobody(entries, registrations, followed, known) && (await position.passOver(entries))) return;
        wake(
          await position.store(entries, async (transaction) => {
            const aside = await loadSetAside(transaction, positions, roomLog, entries);
            const free = await withoutSetAside(transaction, positions, roomLog, entries, aside);
            return store(transaction, decide(free, registrations, followed, known));
          }),
        );
      },
      park: (entry, error) => position.park(entry, error),
      retryParked: async () => {
        const retried = await retryDeadLetters(database, positions, roomLog, async (transaction, entries) =>
          wake(await store(transaction, decide(entries, registrations, followed, await aliases(entries)))),
        );
        await position.settle();
        return retried;
      },
    },
    options.observability,
  );
  return {
    behindMs: () => consumer.behindMs(),
    stop: async () => {
      await consumer.stop();
      // Other registrations begin where these end. What cannot be stored now is looked at once more.
      await position.settle().catch((error: unknown) => {
        options.observability.log.warn({ error }, 'the position in the room log was not stored');
      });
    },
  };
}

/** Whether deciding would leave everything as it is: no bridge is told of any of the entries, and none of their users comes or goes. */
function concernsNobody(
  entries: readonly RoomLogEntry[],
  registrations: readonly Registration[],
  followed: FollowedRooms,
  aliasesOf: ReadonlyMap<string, readonly string[]>,
): boolean {
  return entries.every(({ kind }) => {
    if (kind?.$case === 'roomDeleted') return false;
    if (kind?.$case !== 'event' || kind.value.historical) return true;
    const event = kind.value;
    const room = { aliases: aliasesOf.get(event.roomId) ?? [] };
    return registrations.every(
      (registration) =>
        !isInterested(registration, event, { ...room, hasMember: followed.has(registration.id, event.roomId) }) &&
        !membershipChanges(event.stateChanges).some(({ userId }) => isUserOf(registration, userId)),
    );
  });
}

interface Decided {
  readonly pending: { bridgeId: string; position: number }[];
  readonly follows: FollowChange[];
  readonly deletedRooms: string[];
}

function decide(
  entries: readonly RoomLogEntry[],
  registrations: readonly Registration[],
  followed: FollowedRooms,
  aliasesOf: ReadonlyMap<string, readonly string[]>,
): Decided {
  const decided: Decided = { pending: [], follows: [], deletedRooms: [] };
  for (const entry of entries) {
    if (entry.kind?.$case === 'roomDeleted') {
      decided.follows.push(...followed.deleteRoom(entry.kind.value.roomId));
      decided.deletedRooms.push(entry.kind.value.roomId);
    }
    if (entry.kind?.$case !== 'event' || entry.kind.value.historical) continue;
    const event = entry.kind.value;
    for (const registration of registrations) {
      // Asked before the change too: a bridge is told of its last user's leaving by that user being the target.
      const before = followed.has(registration.id, event.roomId);
      for (const change of membershipChanges(event.stateChanges)) {
        if (!isUserOf(registration, change.userId)) continue;
        const follow = { bridgeId: registration.id, roomId: event.roomId, ...change };
        followed.apply(follow);
        decided.follows.push(follow);
      }
      const hasMember = before || followed.has(registration.id, event.roomId);
      if (isInterested(registration, event, { hasMember, aliases: aliasesOf.get(event.roomId) ?? [] }))
        decided.pending.push({ bridgeId: registration.id, position: entry.position });
    }
  }
  return decided;
}

async function store(transaction: Transaction, decided: Decided): Promise<Decided> {
  const { pending, follows, deletedRooms } = decided;
  // What was there before this batch; comings and goings in it come after.
  if (deletedRooms.length > 0) await transaction.query(removeRooms, [deletedRooms]);
  await storeFollowChanges(transaction, follows);
  if (pending.length > 0)
    await transaction.query(addPendingEvents, [
      pending.map((event) => event.bridgeId),
      pending.map((event) => event.position),
    ]);
  return decided;
}

/** Aliases of the rooms of a batch, in one call; not asked when no bridge has a namespace of aliases. */
function roomAliases(roomserver: RoomserverService, registrations: readonly Registration[]) {
  const wanted = registrations.some((registration) => registration.aliases.length > 0);
  return async (entries: readonly RoomLogEntry[]): Promise<ReadonlyMap<string, readonly string[]>> => {
    const rooms = new Set(entries.flatMap((entry) => (entry.kind?.$case === 'event' ? [entry.kind.value.roomId] : [])));
    if (!wanted || rooms.size === 0) return new Map();
    const answer = await roomserver.queryRooms({ roomIds: [...rooms] });
    return new Map(answer.rooms.map((room) => [room.roomId, room.aliases]));
  };
}
