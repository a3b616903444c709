import { createHash } from 'node:crypto';
import { type Queryable, sql } from '@plexus/postgres';

/** Numbers of a user's filters are given in order; two that are stored at once race for a number, and the loser tries again. */
const insertFilter = sql(
  'syncapi_insert_filter',
  `INSERT INTO syncapi.filter (user_id, filter_id, hash, filter)
   SELECT $1, coalesce(max(filter_id) + 1, 0), $2, $3 FROM syncapi.filter WHERE user_id = $1
   ON CONFLICT DO NOTHING RETURNING filter_id`,
);
const selectByHash = sql(
  'syncapi_select_filter_by_hash',
  'SELECT filter_id FROM syncapi.filter WHERE user_id = $1 AND hash = $2',
);
const selectFilter = sql(
  'syncapi_select_filter',
  'SELECT filter FROM syncapi.filter WHERE user_id = $1 AND filter_id = $2',
);

/** Stores a filter's canonical text; the same text gets the same id. */
export async function storeFilter(queryable: Queryable, userId: string, filter: string): Promise<number> {
  const hash = createHash('sha256').update(filter).digest();
  const [known] = await queryable.query<{ filter_id: number }>(selectByHash, [userId, hash]);
  if (known !== undefined) return known.filter_id;
  const [stored] = await queryable.query<{ filter_id: number }>(insertFilter, [userId, hash, filter]);
  return stored === undefined ? storeFilter(queryable, userId, filter) : stored.filter_id;
}

/** The canonical text of a user's filter. */
export async function readFilter(queryable: Queryable, userId: string, filterId: number): Promise<string | undefined> {
  const [row] = await queryable.query<{ filter: string }>(selectFilter, [userId, filterId]);
  return row?.filter;
}
