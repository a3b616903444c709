import { sql } from '@plexus/postgres';

/** ($1 room id, $2 user) → the user's membership and whether they have forgotten the room already. */
export const selectForgettable = sql(
  'roomserver_select_forgettable',
  `SELECT m.membership, f.event IS NOT NULL AS forgotten
   FROM roomserver.rooms r JOIN roomserver.users u ON u.user_id = $2
   JOIN roomserver.memberships m ON m.room = r.room AND m.user_number = u.number
   LEFT JOIN roomserver.forgotten_rooms f ON f.user_number = u.number AND f.room = r.room AND f.event = m.event
   WHERE r.room_id = $1`,
);

/** ($1 room id, $2 user, $3 memberships that can be forgotten) → a row when the room is forgotten now and was not before. */
export const insertForgotten = sql(
  'roomserver_insert_forgotten',
  `INSERT INTO roomserver.forgotten_rooms AS known (user_number, room, event)
   SELECT m.user_number, m.room, m.event FROM roomserver.rooms r JOIN roomserver.users u ON u.user_id = $2
   JOIN roomserver.memberships m ON m.room = r.room AND m.user_number = u.number
   WHERE r.room_id = $1 AND m.membership = ANY($3::smallint[])
   ON CONFLICT (user_number, room) DO UPDATE SET event = excluded.event WHERE known.event <> excluded.event
   RETURNING room`,
);
