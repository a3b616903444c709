import { sql } from '@plexus/postgres';

/** ($1 transaction keys, $2 event numbers) → the events they stand for, as far as they are there. */
export const selectKnown = sql(
  'roomserver_select_known',
  `SELECT uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json
   FROM (SELECT event FROM roomserver.transactions WHERE key = ANY($1::uuid[]) UNION SELECT unnest($2::bigint[])) AS wanted
   JOIN roomserver.events e ON e.event = wanted.event
   JOIN roomserver.bodies b ON b.event = e.event`,
);

/** ($1 room, $2 first half of the id, $3 second half) → the event and what it is now. */
export const selectRedactionTarget = sql(
  'roomserver_select_redaction_target',
  `SELECT e.event, b.folded_json, b.redacted_by IS NOT NULL AS redacted
   FROM roomserver.events e JOIN roomserver.bodies b ON b.event = e.event
   WHERE e.room = $1 AND e.id_head = $2 AND e.id_tail = $3`,
);
