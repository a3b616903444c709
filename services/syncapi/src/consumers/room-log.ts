import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { Database, Transaction } from '@plexus/postgres';
import { type LogConsumerOptions, roomLog } from '@plexus/streams';
import type { OtherServices } from '../clients/other-services.ts';
import { indexRowsOf, isOnlyTimeline, partsOf } from '../domain/index-rows.ts';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import { nothingAside, parkOnce, retryParked, writeOnce } from '../storage/positions.ts';
import { appendToTimelines, roomIdsOf, writeIndexRows } from '../storage/room-index.ts';
import type { RoomNumbers } from '../storage/room-numbers.ts';
import { applyRoomLog, type EventCopies } from '../streams/room-events/apply-room-log.ts';
import { departedTypists } from '../streams/typing.ts';

export interface RoomLogEffects {
  readonly database: Database;
  readonly roomserver: OtherServices['roomserver'];
  readonly numbers: RoomNumbers;
  readonly memory: MemoryIndex;
  readonly events: EventCopies;
  readonly serverName: string;
  wake(woken: Woken): void;
  /** A user who types in a room has left it. */
  departed(typist: { readonly roomId: string; readonly userId: string }): void;
  /** An event of this server is in the index; `origin_server_ts` is when it was made. */
  delivered(originServerTs: number): void;
}

/**
 * Every replica takes every entry into its memory; the index is written by whichever comes first. The index first, memory second: what a
 * client was told is in the index, so any replica can go on from the client's token, and /messages finds what /sync told.
 */
export function roomLogConsumer(effects: RoomLogEffects): LogConsumerOptions<RoomLogEntry> {
  const { database, roomserver, numbers, memory, events, serverName } = effects;
  let linesAside: ReadonlySet<string> = new Set();
  const write = async (transaction: Transaction, entries: readonly RoomLogEntry[]) => {
    for (const part of partsOf(entries)) {
      const rows = indexRowsOf(part, serverName);
      await writeIndexRows(transaction, rows, await numbers.ensureIn(transaction, roomIdsOf(rows)));
      numbers.forget(rows.deletedRooms.map(({ roomId }) => roomId));
    }
  };
  const append = async (entries: readonly RoomLogEntry[]): Promise<boolean> => {
    const rows = indexRowsOf(entries, serverName);
    const known = isOnlyTimeline(rows) ? numbers.remembered(roomIdsOf(rows)) : undefined;
    return known !== undefined && appendToTimelines(database, entries, rows, known);
  };
  return {
    stream: roomLog,
    consumer: 'syncapi',
    // Memory's own place, which the index may be ahead of: what is applied elsewhere is not yet known here.
    loadPosition: () => Promise.resolve(memory.position.room),
    readLog: async ({ from, to, limit }) => roomserver.readLog({ from, to: to ?? 0, limit, partition: 0 }),
    apply: async (entries) => {
      const { aside, lines } = (await append(entries))
        ? nothingAside
        : await writeOnce(database, roomLog, entries, write);
      // Where another replica has written the batch, its numbers are out of date here too.
      numbers.forget(entries.flatMap(({ kind }) => (kind?.$case === 'roomDeleted' ? [kind.value.roomId] : [])));
      // What was released has its place before what memory holds: the rest is read from the index again.
      if ([...linesAside].some((line) => !lines.has(line))) memory.forgetAll();
      linesAside = lines;
      const told =
        aside.size === 0 ? entries : entries.map((entry) => (aside.has(entry.position) ? past(entry) : entry));
      effects.wake(applyRoomLog(memory, events, told));
      for (const typist of departedTypists(memory, told)) effects.departed(typist);
      const newest = entries.at(-1)?.kind;
      // One of a batch is enough to tell: the newest, that nothing but its own way has held up.
      if (newest?.$case === 'event' && newest.value.sender.endsWith(`:${serverName}`) && !newest.value.historical)
        effects.delivered(newest.value.originServerTs);
    },
    park: async (entry, error) => {
      await parkOnce(database, roomLog, entry, error);
      memory.advanceTo('room', entry.position);
    },
    retryParked: () => retryParked(database, roomLog, write),
  };
}

/** The place of an entry, without what it says. */
function past({ position }: RoomLogEntry): RoomLogEntry {
  return { position, traceparent: '' };
}
