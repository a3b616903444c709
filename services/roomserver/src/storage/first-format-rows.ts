import { sql } from '@plexus/postgres';
import { onKnownNode } from './state-rows.ts';

/** ($1 snapshots) → the blocks of each list in their order, without content. */
export const selectSnapshotLists = sql(
  'roomserver_select_snapshot_lists',
  `SELECT s.snapshot, b.block, octet_length(b.entries) AS bytes
   FROM roomserver.state_snapshots s
   CROSS JOIN LATERAL unnest(s.blocks) WITH ORDINALITY AS list(block, place)
   JOIN roomserver.state_blocks b ON b.block = list.block
   WHERE s.snapshot = ANY($1::bigint[]) ORDER BY s.snapshot, list.place`,
);

export interface ListedBlockRow {
  readonly snapshot: number;
  readonly block: number;
  readonly bytes: number;
}

/** ($1 block numbers) → their content. */
export const selectBlocks = sql(
  'roomserver_select_blocks',
  `SELECT block, entries FROM roomserver.state_blocks WHERE block = ANY($1::bigint[])`,
);

/** ($1 addresses in order, $2 contents) */
export const insertNodes = sql(
  'roomserver_insert_state_nodes',
  `INSERT INTO roomserver.state_nodes AS n (address, generation, content)
   SELECT s.address, c.state_generation, s.content
   FROM roomserver.log_counter c, unnest($1::bigint[], $2::bytea[]) AS s(address, content)
   WHERE c.log = 'ROOM_LOG' AND c.partition = 0 ${onKnownNode}`,
);

/** ($1 process, $2 milliseconds it is given) → how far the migration is; no row while another process is at it, or when it is done. */
export const claimStateMigration = sql(
  'roomserver_claim_state_migration',
  `UPDATE roomserver.state_migration SET claimed_by = $1::uuid, claimed_until = now() + $2 * interval '1 ms'
   WHERE phase <> 'done' AND (claimed_by = $1::uuid OR claimed_until < now())
   RETURNING phase, reached, extract(epoch FROM now() - converted_at)::float8 AS settled_seconds`,
);

/** → how far it is, for whoever asks. */
export const selectStateMigration = sql(
  'roomserver_select_state_migration',
  `SELECT phase, reached, converted, extract(epoch FROM coalesce(converted_at, now()) - started_at)::float8 AS seconds,
     CASE phase WHEN 'heads' THEN (SELECT max(room) FROM roomserver.room_heads)
       ELSE (SELECT max(event) FROM roomserver.events) END AS last
   FROM roomserver.state_migration`,
);

/** ($1 event, $2 how many) → the next events, and of those with a state of the first format its number. */
export const selectEventsToConvert = sql(
  'roomserver_select_events_to_convert',
  `SELECT event AS number, snapshot FROM roomserver.events WHERE event > $1 ORDER BY event LIMIT $2`,
);

/** ($1 room, $2 how many) → the same of heads. */
export const selectHeadsToConvert = sql(
  'roomserver_select_heads_to_convert',
  `SELECT room AS number, snapshot FROM roomserver.room_heads WHERE room > $1 ORDER BY room LIMIT $2`,
);

/**
 * ($1 process, $2 phase, $3 reached before, $4 reached now, $5 events or rooms, $6 their snapshots, $7 the trees of these) → a row when it was
 * done; none, and nothing changed, when another process has gone on from there. What has another state meanwhile keeps it.
 */
function storeConverted(name: string, table: 'events' | 'room_heads', key: 'event' | 'room') {
  return sql(
    name,
    `WITH progress AS (
       UPDATE roomserver.state_migration SET reached = $4::bigint, converted = converted + cardinality($5::bigint[])
       WHERE claimed_by = $1::uuid AND phase = $2 AND reached = $3::bigint RETURNING reached),
     moved AS (
       UPDATE roomserver.${table} t SET snapshot = m.root
       FROM progress, unnest($5::bigint[], $6::bigint[], $7::bigint[]) AS m(key, snapshot, root)
       WHERE t.${key} = m.key AND t.snapshot = m.snapshot)
     SELECT reached FROM progress`,
  );
}

export const storeConvertedEvents = storeConverted('roomserver_store_converted_events', 'events', 'event');
export const storeConvertedHeads = storeConverted('roomserver_store_converted_heads', 'room_heads', 'room');

/** ($1 process, $2 phase, $3 next phase) → a row when it has begun, at its first row. */
export const beginMigrationPhase = sql(
  'roomserver_begin_migration_phase',
  `UPDATE roomserver.state_migration SET phase = $3, reached = 0, converted_at = CASE $3 WHEN 'proof' THEN now() WHEN 'done' THEN converted_at END
   WHERE claimed_by = $1::uuid AND phase = $2 RETURNING phase`,
);

/** ($1 event, $2 how many) → the last of the next events, and how many of them have a state of the first format. */
export const countUnconverted = sql(
  'roomserver_count_unconverted_events',
  `SELECT max(event) AS last, (count(*) FILTER (WHERE snapshot > 0 AND snapshot < 4503599627370496))::int AS unconverted
   FROM (SELECT event, snapshot FROM roomserver.events WHERE event > $1 ORDER BY event LIMIT $2) AS e`,
);

/** ($1 process, $2 reached before, $3 reached now) */
export const storeProof = sql(
  'roomserver_store_migration_proof',
  `UPDATE roomserver.state_migration SET reached = $3 WHERE claimed_by = $1::uuid AND phase = 'proof' AND reached = $2`,
);

/** → whether a head has a state of the first format. */
export const hasUnconvertedHead = sql(
  'roomserver_has_unconverted_head',
  `SELECT FROM roomserver.room_heads WHERE snapshot > 0 AND snapshot < 4503599627370496 LIMIT 1`,
);

/** Waits for nobody for long: the tables are looked at by whoever reads a state, and by nobody any more once this is allowed. */
export const emptyFirstFormat = sql(
  'roomserver_empty_first_format',
  `TRUNCATE roomserver.state_snapshots, roomserver.state_blocks`,
);
