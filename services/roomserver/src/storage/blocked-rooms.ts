import { sql } from '@plexus/postgres';

/** ($1 room id, $2 who blocks it, $3 milliseconds) */
export const insertBlocked = sql(
  'roomserver_insert_blocked',
  `INSERT INTO roomserver.blocked_rooms (room_id, blocked_by, blocked_ts) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
);

/** ($1 room id) */
export const deleteBlocked = sql(
  'roomserver_delete_blocked',
  `DELETE FROM roomserver.blocked_rooms WHERE room_id = $1`,
);

/** ($1 room id) → who blocked it, if it is. */
export const selectBlocked = sql(
  'roomserver_select_blocked',
  `SELECT blocked_by FROM roomserver.blocked_rooms WHERE room_id = $1`,
);

/** ($1 room id) → a row when a room of this id may not be made here: it is blocked, or what there was of it is still being deleted. */
export const selectBarred = sql(
  'roomserver_select_barred',
  `SELECT room_id FROM roomserver.blocked_rooms WHERE room_id = $1
   UNION ALL SELECT room_id FROM roomserver.room_removals WHERE room_id = $1 AND kind = 1 AND finished_ts IS NULL`,
);

/** Whether the room `r` is closed to those who would come in: blocked, or being deleted. */
export const isClosed = `(EXISTS (SELECT FROM roomserver.blocked_rooms c WHERE c.room_id = r.room_id)
     OR EXISTS (SELECT FROM roomserver.room_removals c WHERE c.room_id = r.room_id AND c.kind = 1 AND c.finished_ts IS NULL))`;

/** ($1 room id): what processes remember of the room is of an older head from now on, so they read anew whether it is closed. */
export const outdateHead = sql(
  'roomserver_outdate_head',
  `UPDATE roomserver.room_heads SET version = version + 1
   WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1)`,
);
