import { sql } from '@plexus/postgres';

/** ($1 room ids) → these rooms with their local aliases; not those of which only outliers are known. */
export const selectRooms = sql(
  'roomserver_select_rooms',
  `SELECT r.room_id, r.room_version, r.published,
     ARRAY(SELECT a.alias FROM roomserver.aliases a WHERE a.room = r.room ORDER BY a.alias) AS aliases
   FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
   WHERE r.room_id = ANY($1::text[]) AND cardinality(h.extremities) > 0`,
);

export interface RoomRow {
  readonly room_id: string;
  readonly room_version: string;
  readonly published: boolean;
  readonly aliases: string[];
}

/** ($1 room id, $2 published) */
export const updatePublished = sql(
  'roomserver_update_published',
  `UPDATE roomserver.rooms SET published = $2 WHERE room_id = $1`,
);

/** ($1 room id) → its number. */
export const selectRoomNumber = sql(
  'roomserver_select_room_number',
  `SELECT room FROM roomserver.rooms WHERE room_id = $1`,
);
