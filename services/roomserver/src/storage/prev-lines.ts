import { sql } from '@plexus/postgres';
import { type StoredEventRow, storedEventColumns, storedEventJoins } from './stored-events.ts';

/**
 * ($1 room id, $2 first halves of event ids, $3 second halves, $4 at most) → these events of the room and the lines that lead back from them, as
 * long as an event has a single prev event; nearest first. Without rejected events and outliers.
 */
export const selectLines = sql(
  'roomserver_select_prev_lines',
  `WITH RECURSIVE line(event) AS (
     SELECT e.event FROM unnest($2::uuid[], $3::uuid[]) AS k(head, tail)
     JOIN roomserver.events e ON e.id_head = k.head AND e.id_tail = k.tail
     JOIN roomserver.rooms w ON w.room = e.room AND w.room_id = $1
     UNION
     SELECT b.previous FROM line l JOIN roomserver.bodies b ON b.event = l.event WHERE b.previous IS NOT NULL)
   SELECT ${storedEventColumns} FROM (SELECT event FROM line LIMIT $4) AS l
   JOIN roomserver.events e ON e.event = l.event ${storedEventJoins}
   WHERE e.snapshot >= 0 AND NOT EXISTS (
     SELECT FROM roomserver.event_verdicts v WHERE v.event = e.event AND v.verdict IN (1, 2))`,
);

export type LineRow = StoredEventRow;
