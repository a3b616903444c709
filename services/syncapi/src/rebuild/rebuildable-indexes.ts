import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { Transaction } from '@plexus/postgres';
import { indexRowsOf, partsOf } from '../domain/index-rows.ts';
import { roomIdsOf, writeIndexRows } from '../storage/room-index.ts';
import { RoomNumbers } from '../storage/room-numbers.ts';

/** An index over the room log that can be written again while it is in use: entries that it has already change nothing. */
export interface RebuildableIndex {
  readonly name: string;
  write(transaction: Transaction, entries: readonly RoomLogEntry[], serverName: string): Promise<void>;
}

/** Timelines, late history, changes of state, of local memberships and of history visibility. Counts and current members are not among them. */
const timelines: RebuildableIndex = {
  name: 'timelines',
  async write(transaction, entries, serverName) {
    for (const part of partsOf(entries)) {
      const all = indexRowsOf(part, serverName);
      // Numbers that other batches remember may be those of rooms that are deleted by now.
      const numbers = await new RoomNumbers().find(transaction, roomIdsOf(all));
      const isThere = ({ roomId }: { readonly roomId: string }) => numbers.has(roomId);
      const rows = {
        ...all,
        timeline: all.timeline.filter(isThere),
        history: all.history.filter(isThere),
        stateChanges: all.stateChanges.filter(isThere),
        localChanges: all.localChanges.filter(isThere),
        visibilities: all.visibilities.filter(isThere),
        purged: all.purged.filter(isThere),
        members: new Map(),
        deletedRooms: [],
        forgotten: [],
      };
      await writeIndexRows(transaction, rows, numbers);
    }
  },
};

/** A new index is a line here, and a row in `index_rebuild` by its migration. */
export const rebuildableIndexes: readonly RebuildableIndex[] = [timelines];
