import { sql } from '@plexus/postgres';

export const loadPosition = sql(
  'appservice_load_position',
  'SELECT position FROM appservice.consumer_position WHERE stream = $1',
);

/** Moves the position from where this replica saw it; no row when another replica was faster. */
export const advancePosition = sql(
  'appservice_advance_position',
  `INSERT INTO appservice.consumer_position AS stored (stream, position) VALUES ($1, $3)
   ON CONFLICT (stream) DO UPDATE SET position = $3 WHERE stored.position = $2
   RETURNING position`,
);

export const parkEntry = sql(
  'appservice_park_entry',
  `INSERT INTO appservice.dead_letter (stream, position, error) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
);
