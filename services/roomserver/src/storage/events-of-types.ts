import { sql } from '@plexus/postgres';

/** ($1 event numbers, $2 types) → those of these types. */
export const selectEventsOfTypes = sql(
  'roomserver_select_events_of_types',
  `SELECT e.event FROM unnest($1::bigint[]) AS n(event) JOIN roomserver.events e ON e.event = n.event
   JOIN roomserver.event_types t ON t.number = e.type WHERE t.type = ANY($2::text[])`,
);
