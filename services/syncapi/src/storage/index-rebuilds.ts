import { type Queryable, sql, type Transaction } from '@plexus/postgres';

const selectRebuild = sql(
  'syncapi_select_index_rebuild',
  'SELECT index_name, position, up_to FROM syncapi.index_rebuild WHERE index_name = ANY($1::text[]) ORDER BY index_name LIMIT 1',
);
/**
 * The consumer of the log holds its position's row while it writes: with a share of that lock no room is deleted while a batch that speaks of it
 * is written again.
 */
const lockAgainstConsumer = sql(
  'syncapi_lock_against_consumer',
  `SELECT position FROM syncapi.consumer_position WHERE log = 'ROOM_LOG' AND partition = 0 FOR SHARE`,
);
const advanceRebuild = sql(
  'syncapi_advance_index_rebuild',
  'UPDATE syncapi.index_rebuild SET position = $3 WHERE index_name = $1 AND position = $2 RETURNING index_name',
);
/** During a rolling upgrade a replica of the version before may write entries without the new index, so those of the first hour are covered too. */
const finishRebuild = sql(
  'syncapi_finish_index_rebuild',
  `WITH finished AS (
     DELETE FROM syncapi.index_rebuild
     WHERE index_name = $1 AND position >= up_to AND requested_at < now() - $2 * interval '1 second' RETURNING index_name
   ), extended AS (
     UPDATE syncapi.index_rebuild SET up_to = consumer_position.position FROM syncapi.consumer_position
     WHERE log = 'ROOM_LOG' AND index_name = $1 AND index_rebuild.position >= up_to
       AND requested_at >= now() - $2 * interval '1 second'
   )
   SELECT index_name FROM finished`,
);

export interface IndexRebuildRow {
  readonly name: string;
  readonly position: number;
  readonly upTo: number;
}

/** A rebuild of one of these indexes that is under way. */
export async function readIndexRebuild(
  queryable: Queryable,
  names: readonly string[],
): Promise<IndexRebuildRow | undefined> {
  const [row] = await queryable.query<{ index_name: string; position: number; up_to: number }>(selectRebuild, [names]);
  return row === undefined ? undefined : { name: row.index_name, position: row.position, upTo: row.up_to };
}

/** Moves the rebuild on within the transaction that writes its entries; false when another replica was faster. */
export async function advanceIndexRebuild(
  transaction: Transaction,
  { name, position }: IndexRebuildRow,
  upTo: number,
): Promise<boolean> {
  await transaction.query(lockAgainstConsumer, []);
  return (await transaction.query(advanceRebuild, [name, position, upTo])).length > 0;
}

/** Ends a rebuild that has come to its end and is older than the time that a rolling upgrade may take. @returns whether it is over */
export async function finishIndexRebuild(queryable: Queryable, name: string, upgradeSeconds: number): Promise<boolean> {
  return (await queryable.query(finishRebuild, [name, upgradeSeconds])).length > 0;
}
