import { type Queryable, sql } from '@plexus/postgres';

const selectDeletedRooms = sql(
  'syncapi_select_deleted_rooms',
  `SELECT room_id, position, (extract(epoch FROM deleted_at) * 1000)::bigint AS deleted_at FROM syncapi.deleted_room
   WHERE user_id = $1 AND position > $2 AND position <= $3`,
);

export interface StoredDeletedRoom {
  readonly roomId: string;
  /** Of the deletion in the room log. */
  readonly position: number;
  /** Milliseconds since the epoch. */
  readonly deletedAt: number;
}

/** Rooms of the user that were deleted after one position of the room log and up to another. */
export async function readDeletedRooms(
  queryable: Queryable,
  userId: string,
  after: number,
  upTo: number,
): Promise<StoredDeletedRoom[]> {
  const rows = await queryable.query<{ room_id: string; position: number; deleted_at: number }>(selectDeletedRooms, [
    userId,
    after,
    upTo,
  ]);
  return rows.map((row) => ({ roomId: row.room_id, position: row.position, deletedAt: row.deleted_at }));
}
