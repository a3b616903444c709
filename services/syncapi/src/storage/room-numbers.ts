import { type Queryable, sql, type Transaction } from '@plexus/postgres';
import { LRUCache } from 'lru-cache';

const insertRooms = sql(
  'syncapi_insert_rooms',
  `INSERT INTO syncapi.room (room_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING room_nid, room_id`,
);
const selectRooms = sql(
  'syncapi_select_rooms',
  'SELECT room_nid, room_id FROM syncapi.room WHERE room_id = ANY($1::text[])',
);

interface RoomRow {
  readonly room_nid: number;
  readonly room_id: string;
}

/** The numbers that stand for room ids in the index. They do not change while the room is there, so they are remembered. */
export class RoomNumbers {
  readonly #known = new LRUCache<string, number>({ max: 50_000 });

  /** Numbers of the rooms if all of them are remembered. */
  remembered(roomIds: readonly string[]): ReadonlyMap<string, number> | undefined {
    const { found, missing } = this.#split(roomIds);
    return missing.length === 0 ? found : undefined;
  }

  /** Numbers of the rooms that have one. */
  async find(queryable: Queryable, roomIds: readonly string[]): Promise<Map<string, number>> {
    const { found, missing } = this.#split(roomIds);
    if (missing.length === 0) return found;
    for (const row of await queryable.query<RoomRow>(selectRooms, [missing])) {
      this.#known.set(row.room_id, row.room_nid);
      found.set(row.room_id, row.room_nid);
    }
    return found;
  }

  /**
   * Numbers of all these rooms; new ones get theirs in this transaction. What it made is not remembered: it may be rolled back, and a number
   * that nobody has must not stay.
   */
  async ensureIn(transaction: Transaction, roomIds: readonly string[]): Promise<Map<string, number>> {
    const found = await this.find(transaction, roomIds);
    const missing = roomIds.filter((roomId) => !found.has(roomId));
    if (missing.length === 0) return found;
    for (const row of await transaction.query<RoomRow>(insertRooms, [missing])) found.set(row.room_id, row.room_nid);
    return found;
  }

  /** The rooms are deleted; if they come back, it is with other numbers. */
  forget(roomIds: readonly string[]): void {
    for (const roomId of roomIds) this.#known.delete(roomId);
  }

  #split(roomIds: readonly string[]): { found: Map<string, number>; missing: string[] } {
    const found = new Map<string, number>();
    const missing: string[] = [];
    for (const roomId of roomIds) {
      const known = this.#known.get(roomId);
      if (known === undefined) missing.push(roomId);
      else found.set(roomId, known);
    }
    return { found, missing };
  }
}
