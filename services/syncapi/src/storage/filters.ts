import { createHash } from 'node:crypto';
import { type Queryable, sql } from '@plexus/postgres';

/**
 * What the filters of a user may be: a client has a handful, and the same text is stored once. A filter is never deleted to make room for
 * another, since some device may sync with it.
 */
export const maxFilters = { count: 1000, bytes: 4 * 1024 * 1024 } as const;

/**
 * Numbers of a user's filters are given in order; two that are stored at once race for a number, and the loser tries again. ($4 filters and
 * $5 bytes that a user may have)
 */
const insertFilter = sql(
  'syncapi_insert_filter',
  `WITH stored AS (
     SELECT coalesce(max(filter_id) + 1, 0) AS next, count(*) < $4::integer
       AND coalesce(sum(octet_length(filter)), 0) + octet_length($3) <= $5::integer AS fits
     FROM syncapi.filter WHERE user_id = $1
   ),
   inserted AS (
     INSERT INTO syncapi.filter (user_id, filter_id, hash, filter) SELECT $1, next, $2, $3 FROM stored WHERE fits
     ON CONFLICT DO NOTHING RETURNING filter_id
   )
   SELECT fits, filter_id FROM stored LEFT JOIN inserted ON true`,
);
const selectByHash = sql(
  'syncapi_select_filter_by_hash',
  'SELECT filter_id FROM syncapi.filter WHERE user_id = $1 AND hash = $2',
);
const selectFilter = sql(
  'syncapi_select_filter',
  'SELECT filter FROM syncapi.filter WHERE user_id = $1 AND filter_id = $2',
);

/** Stores a filter's canonical text; the same text gets the same id. Undefined when the user has as many filters as a user may have. */
export async function storeFilter(queryable: Queryable, userId: string, filter: string): Promise<number | undefined> {
  const hash = createHash('sha256').update(filter).digest();
  const [known] = await queryable.query<{ filter_id: number }>(selectByHash, [userId, hash]);
  if (known !== undefined) return known.filter_id;
  const values = [userId, hash, filter, maxFilters.count, maxFilters.bytes];
  const [stored] = await queryable.query<{ fits: boolean; filter_id: number | null }>(insertFilter, values);
  if (stored?.fits === false) return undefined;
  return stored?.filter_id ?? storeFilter(queryable, userId, filter);
}

/** The canonical text of a user's filter. */
export async function readFilter(queryable: Queryable, userId: string, filterId: number): Promise<string | undefined> {
  const [row] = await queryable.query<{ filter: string }>(selectFilter, [userId, filterId]);
  return row?.filter;
}
