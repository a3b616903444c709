import { sql } from '@plexus/postgres';

/**
 * ($1 process, $2 milliseconds it is given) → the last event that was looked at; no row while another process is at it. A process that dies
 * is succeeded when its time is over.
 */
export const claimColdProgress = sql(
  'roomserver_claim_cold_progress',
  `UPDATE roomserver.cold_progress SET claimed_by = $1::uuid, claimed_until = now() + $2 * interval '1 ms'
   WHERE claimed_by = $1::uuid OR claimed_until < now() RETURNING event`,
);

/** ($1 milliseconds since 1970) → the first event that may have been numbered after this time, and the last event of all. */
export const selectColdBoundary = sql(
  'roomserver_select_cold_boundary',
  `SELECT (SELECT min(first) FROM roomserver.event_number_ranges WHERE taken_at >= to_timestamp($1::float8 / 1000)) AS boundary,
     (SELECT max(event) FROM roomserver.events) AS last`,
);

/**
 * ($1 event, $2 boundary, $3 how many) → the next events, with their bodies if these are to be compressed: of messages that are not
 * redacted and no larger than 8 KB (beyond 2 KB PostgreSQL compresses by itself). State stays warm: it is read in bulk and by the auth rules.
 */
export const selectColdCandidates = sql(
  'roomserver_select_cold_candidates',
  `SELECT e.event, e.room, b.folded_json
   FROM (SELECT event, room, state_key FROM roomserver.events WHERE event > $1 AND event < $2 ORDER BY event LIMIT $3) AS e
   LEFT JOIN roomserver.event_bodies b ON b.event = e.event AND e.state_key = 0 AND b.redacted_by IS NULL
     AND octet_length(b.folded_json) <= 8192
   ORDER BY e.event`,
);

/**
 * ($1 process, $2 last event looked at before, $3 last event looked at now, $4 blocks, $5 their bodies, $6 how many each, $7 events, $8 the
 * block of each) → a row when it was done; none, and nothing changed, when another process has gone on from there. A body that was redacted
 * since it was read stays as it is, and its block is to be mended.
 */
export const storeColdBlocks = sql(
  'roomserver_store_cold_blocks',
  `WITH progress AS (
     UPDATE roomserver.cold_progress SET event = $3::bigint WHERE claimed_by = $1::uuid AND event = $2::bigint RETURNING event),
   blocks AS (
     INSERT INTO roomserver.cold_blocks (block, bodies)
     SELECT b.block, b.bodies FROM progress, unnest($4::bigint[], $5::bytea[]) AS b(block, bodies)),
   moved AS (
     UPDATE roomserver.event_bodies e SET folded_json = NULL, block = m.block
     FROM progress, unnest($7::bigint[], $8::bigint[]) AS m(event, block)
     WHERE e.event = m.event AND e.redacted_by IS NULL AND e.folded_json IS NOT NULL RETURNING m.block),
   torn AS (
     INSERT INTO roomserver.cold_blocks_to_mend (block)
     SELECT b.block FROM progress, unnest($4::bigint[], $6::int[]) AS b(block, bodies)
     WHERE b.bodies > (SELECT count(*) FROM moved WHERE moved.block = b.block))
   SELECT event FROM progress`,
);

/** ($1 how many) → blocks that have lost bodies; forgotten with the transaction that mends them. */
export const takeTornBlocks = sql(
  'roomserver_take_torn_blocks',
  `DELETE FROM roomserver.cold_blocks_to_mend WHERE note = ANY(ARRAY(
     SELECT note FROM roomserver.cold_blocks_to_mend ORDER BY note LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING block`,
);

/** ($1 blocks) → what they hold, locked in their order. */
export const lockColdBlocks = sql(
  'roomserver_lock_cold_blocks',
  `SELECT block, bodies FROM roomserver.cold_blocks WHERE block = ANY($1::bigint[]) ORDER BY block FOR UPDATE`,
);

/** ($1 blocks, $2 events) → those events whose body is in that block. */
export const selectBodiesInBlocks = sql(
  'roomserver_select_bodies_in_blocks',
  `SELECT b.event FROM unnest($1::bigint[], $2::bigint[]) AS k(block, event)
   JOIN roomserver.event_bodies b ON b.event = k.event AND b.block = k.block`,
);

/** ($1 blocks, $2 what they are to hold; null: they go) → nothing. */
export const mendColdBlocks = sql(
  'roomserver_mend_cold_blocks',
  `WITH m AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::bytea[]) AS m(block, bodies)),
   gone AS (DELETE FROM roomserver.cold_blocks c USING m WHERE c.block = m.block AND m.bodies IS NULL)
   UPDATE roomserver.cold_blocks c SET bodies = m.bodies FROM m WHERE c.block = m.block AND m.bodies IS NOT NULL`,
);
