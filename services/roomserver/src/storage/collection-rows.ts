import { sql } from '@plexus/postgres';

/**
 * ($1 process, $2 milliseconds it is given, $3 milliseconds from one collection to the next) → a row when this process may begin a
 * collection, of which the row's generation is the one before. Not before the first format is converted: its trees have no rows yet that
 * refer to them. A process that dies is succeeded when its time is over.
 */
export const claimCollection = sql(
  'roomserver_claim_state_collection',
  `UPDATE roomserver.state_collection SET claimed_by = $1::uuid, claimed_until = now() + $2 * interval '1 ms'
   WHERE claimed_until < now() AND (phase <> 'finished' OR finished_at <= now() - $3 * interval '1 ms')
     AND EXISTS (SELECT FROM roomserver.state_migration WHERE phase = 'done')
   RETURNING generation`,
);

/** ($1 process) Forgets what collections before this one were told. The row lock keeps a process that was succeeded from it. */
export const forgetRoots = sql(
  'roomserver_forget_collection_roots',
  `WITH mine AS MATERIALIZED (SELECT FROM roomserver.state_collection WHERE claimed_by = $1::uuid FOR UPDATE)
   DELETE FROM roomserver.state_collection_roots WHERE EXISTS (SELECT FROM mine)`,
);

/**
 * ($1 process) → the next generation, which all nodes get that are committed from now on; no row when another process has the claim. The lock
 * of the counter waits for the commits under way, and that of the collection for what the process before is removing.
 */
export const beginCollection = sql(
  'roomserver_begin_state_collection',
  `WITH mine AS MATERIALIZED (SELECT FROM roomserver.state_collection WHERE claimed_by = $1::uuid FOR UPDATE),
   counter AS (
     UPDATE roomserver.log_counter SET state_generation = (state_generation + 1) % 30000
     WHERE log = 'ROOM_LOG' AND partition = 0 AND EXISTS (SELECT FROM mine) RETURNING state_generation)
   UPDATE roomserver.state_collection
   SET phase = 'marking', generation = counter.state_generation, removed = 0, started_at = now(), finished_at = NULL
   FROM counter RETURNING generation`,
);

/** The states of all heads, at one moment. */
export const noteHeads = sql(
  'roomserver_note_collection_heads',
  `INSERT INTO roomserver.state_collection_roots (snapshot) SELECT snapshot FROM roomserver.room_heads WHERE snapshot > 0`,
);

/** ($1 process, $2 milliseconds it is given, $3 generation) → a row while the collection is this process's. */
export const keepCollection = sql(
  'roomserver_keep_state_collection',
  `UPDATE roomserver.state_collection SET claimed_until = now() + $2 * interval '1 ms'
   WHERE claimed_by = $1::uuid AND generation = $3 AND phase <> 'finished' RETURNING phase`,
);

/** ($1 process, $2 generation) */
export const beginSweep = sql(
  'roomserver_begin_state_sweep',
  `UPDATE roomserver.state_collection SET phase = 'sweeping' WHERE claimed_by = $1::uuid AND generation = $2`,
);

/** ($1 process, $2 generation) */
export const finishCollection = sql(
  'roomserver_finish_state_collection',
  `UPDATE roomserver.state_collection SET phase = 'finished', finished_at = now(), claimed_until = '-infinity'
   WHERE claimed_by = $1::uuid AND generation = $2`,
);

/** ($1 key, $2 how many) → the next rows of a table, with the states that they refer to. */
export const selectEventRoots = sql(
  'roomserver_select_event_roots',
  `SELECT event AS key, ARRAY[snapshot] AS snapshots FROM roomserver.events WHERE event > $1 ORDER BY event LIMIT $2`,
);
export const selectTransitionRoots = sql(
  'roomserver_select_transition_roots',
  `SELECT position AS key, ARRAY[before, after] AS snapshots FROM roomserver.state_transitions
   WHERE position > $1 ORDER BY position LIMIT $2`,
);
export const selectNotedRoots = sql(
  'roomserver_select_noted_roots',
  `SELECT root AS key, ARRAY[snapshot] AS snapshots FROM roomserver.state_collection_roots WHERE root > $1 ORDER BY root LIMIT $2`,
);

export interface RootRow {
  readonly key: number;
  readonly snapshots: readonly number[];
}

/** → how many nodes there may be, and in how many pages of the table. */
export const selectNodeCount = sql(
  'roomserver_select_state_node_count',
  `SELECT greatest(reltuples, 0)::float8 AS nodes, pg_relation_size(oid) / current_setting('block_size')::int AS pages
   FROM pg_class WHERE oid = 'roomserver.state_nodes'::regclass`,
);

/**
 * ($1 first page, $2 page after the last, $3 generation) → nodes on these pages that are older than the generation. In the order in which
 * they lie on the disk; in that of addresses every one would be another page.
 */
export const selectOldNodes = sql(
  'roomserver_select_old_state_nodes',
  `SELECT address FROM roomserver.state_nodes
   WHERE ctid >= ('(' || $1::bigint || ',0)')::tid AND ctid < ('(' || $2::bigint || ',0)')::tid AND generation <> $3 ORDER BY address`,
);

/**
 * ($1 process, $2 generation, $3 addresses in order) → how many were removed. The row of the collection is locked, so nothing is removed for
 * one that another has succeeded; a node that a commit has brought again meanwhile has its generation and stays.
 */
export const deleteNodes = sql(
  'roomserver_delete_state_nodes',
  `WITH mine AS MATERIALIZED (
     SELECT generation FROM roomserver.state_collection WHERE claimed_by = $1::uuid AND generation = $2 AND phase = 'sweeping' FOR UPDATE),
   gone AS (
     DELETE FROM roomserver.state_nodes n USING mine, unnest($3::bigint[]) AS a(address)
     WHERE n.address = a.address AND n.generation <> mine.generation RETURNING n.address),
   counted AS (
     UPDATE roomserver.state_collection c SET removed = removed + (SELECT count(*) FROM gone) FROM mine WHERE c.generation = mine.generation)
   SELECT (SELECT count(*) FROM gone)::int AS removed`,
);
