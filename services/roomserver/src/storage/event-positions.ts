import { sql } from '@plexus/postgres';

/** ($1 event numbers) → those that are there. */
export const selectEventPositions = sql(
  'roomserver_select_event_positions',
  `SELECT event, position FROM roomserver.events WHERE event = ANY($1::bigint[])`,
);
