import { type Queryable, sql } from '@plexus/postgres';
import { LRUCache } from 'lru-cache';

const insertRooms = sql(
  'syncapi_insert_rooms',
  'INSERT INTO syncapi.room (room_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING',
);
const selectRooms = sql(
  'syncapi_select_rooms',
  'SELECT room_nid, room_id FROM syncapi.room WHERE room_id = ANY($1::text[])',
);

/** The numbers that stand for room ids in the index. They never change, so they are remembered. */
export class RoomNumbers {
  readonly #known = new LRUCache<string, number>({ max: 50_000 });

  /** Numbers of the rooms that have one. */
  async find(queryable: Queryable, roomIds: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const missing: string[] = [];
    for (const roomId of roomIds) {
      const known = this.#known.get(roomId);
      if (known === undefined) missing.push(roomId);
      else found.set(roomId, known);
    }
    if (missing.length === 0) return found;
    const rows = await queryable.query<{ room_nid: number; room_id: string }>(selectRooms, [missing]);
    for (const { room_nid: nid, room_id: roomId } of rows) {
      this.#known.set(roomId, nid);
      found.set(roomId, nid);
    }
    return found;
  }

  /**
   * Numbers of all these rooms; new ones get theirs. Asked outside of the transaction that uses them: a number that a rolled back transaction
   * had given would be remembered here and exist nowhere.
   */
  async ensure(queryable: Queryable, roomIds: readonly string[]): Promise<Map<string, number>> {
    const found = await this.find(queryable, roomIds);
    const missing = roomIds.filter((roomId) => !found.has(roomId));
    if (missing.length === 0) return found;
    await queryable.query(insertRooms, [missing]);
    return this.find(queryable, roomIds);
  }
}
