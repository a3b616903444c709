import { sql } from '@plexus/postgres';
import { storedEventColumns, storedEventJoins } from './stored-events.ts';

/**
 * Current state for many queries at once, each named by its place. ($1 place, $2 room id, $3 type, $4 state key) single keys; ($5 place,
 * $6 room id, $7 types as an array's text or null for all) all but members; ($8 place, $9 room id) all members.
 */
export const selectStateNow = sql(
  'roomserver_select_state_now',
  `SELECT w.place, ${storedEventColumns} FROM (
     SELECT k.place, s.event FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS k(place, room_id, type, state_key)
     JOIN roomserver.rooms r ON r.room_id = k.room_id JOIN roomserver.event_types t ON t.type = k.type
     JOIN roomserver.state_keys n ON n.state_key = k.state_key
     JOIN roomserver.current_state s ON s.room = r.room AND s.type = t.number AND s.state_key = n.number
     UNION ALL
     SELECT k.place, m.event FROM unnest($1::int[], $2::text[], $3::text[], $4::text[]) AS k(place, room_id, type, state_key)
     JOIN roomserver.rooms r ON r.room_id = k.room_id JOIN roomserver.users u ON u.user_id = k.state_key
     JOIN roomserver.memberships m ON m.room = r.room AND m.user_number = u.number
     WHERE k.type = 'm.room.member'
     UNION ALL
     SELECT k.place, s.event FROM unnest($5::int[], $6::text[], $7::text[]) AS k(place, room_id, types)
     JOIN roomserver.rooms r ON r.room_id = k.room_id JOIN roomserver.current_state s ON s.room = r.room
     JOIN roomserver.event_types t ON t.number = s.type
     WHERE k.types IS NULL OR t.type = ANY(k.types::text[])
     UNION ALL
     SELECT k.place, m.event FROM unnest($8::int[], $9::text[]) AS k(place, room_id)
     JOIN roomserver.rooms r ON r.room_id = k.room_id JOIN roomserver.memberships m ON m.room = r.room) AS w
   JOIN roomserver.events e ON e.event = w.event ${storedEventJoins}`,
);

/** ($1 room ids) → those that are there. */
export const selectRoomsThere = sql(
  'roomserver_select_rooms_there',
  `SELECT r.room_id FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
   WHERE r.room_id = ANY($1::text[]) AND cardinality(h.extremities) > 0`,
);

/**
 * Where the state at a point is to be found: the snapshot before an event, and the event itself when the state after it is asked for and it
 * was not rejected (verdict 3 is soft-failed; the state at an outlier is not known); at
 * a position, the snapshot that a resolution left there.
 * ($1 place, $2 room id, $3 first half of the event id, $4 second half, $5 after?) by event; ($6 place, $7 room id, $8 position) after the
 * last state event up to a position.
 */
export const selectStatePoints = sql(
  'roomserver_select_state_points',
  `SELECT k.place, e.snapshot, e.event, e.type, e.state_key,
     k.after AND e.state_key <> 0 AND coalesce(v.verdict, 3) = 3 AS includes_event
   FROM unnest($1::int[], $2::text[], $3::uuid[], $4::uuid[], $5::boolean[]) AS k(place, room_id, head, tail, after)
   JOIN roomserver.rooms r ON r.room_id = k.room_id
   JOIN roomserver.events e ON e.room = r.room AND e.id_head = k.head AND e.id_tail = k.tail AND e.snapshot >= 0
   LEFT JOIN roomserver.event_verdicts v ON v.event = e.event
   UNION ALL
   SELECT k.place, e.snapshot, e.event, e.type, e.state_key, e.after
   FROM unnest($6::int[], $7::text[], $8::bigint[]) AS k(place, room_id, position)
   JOIN roomserver.rooms r ON r.room_id = k.room_id
   CROSS JOIN LATERAL (
     (SELECT e.position, e.snapshot, e.event, e.type, e.state_key, true AS after FROM roomserver.events e
      WHERE e.room = r.room AND e.position <= k.position AND e.state_key <> 0 ORDER BY e.position DESC LIMIT 1)
     UNION ALL
     (SELECT t.position, t.after, 0, 0, 0, false FROM roomserver.state_transitions t
      WHERE t.room = r.room AND t.position <= k.position ORDER BY t.position DESC LIMIT 1)
     ORDER BY position DESC, after LIMIT 1) AS e`,
);

export interface StatePointRow {
  readonly place: number;
  readonly snapshot: number;
  readonly event: number;
  readonly type: number;
  readonly state_key: number;
  readonly includes_event: boolean;
}
