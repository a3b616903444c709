import { ByteBoundedCache } from '@plexus/cache';
import type { Observability } from '@plexus/observability';
import { type Database, type Queryable, type SqlValue, type Statement, sql, type Transaction } from '@plexus/postgres';
import { decodeBlock } from '../cold-bodies/block-codec.ts';

const selectColdBlocks = sql(
  'roomserver_select_cold_blocks',
  `SELECT block, bodies FROM roomserver.cold_blocks WHERE block = ANY($1::bigint[])`,
);

/** Bodies that were read lately; a page of history is read a few times, by those who scroll back together. */
const CACHE_BYTES = 16 * 1024 * 1024;
const COLUMN = 'folded_json';
const VIEW = 'roomserver.bodies';
/** JSON begins with a brace, folded JSON with a control character. */
const MARK = '=';
/** A row that is redacted or purged between the two looks is read anew. */
const MAX_LOOKS = 4;

type Block = ReadonlyMap<number, string>;
export type ColdBlockCache = ByteBoundedCache<number, Block>;

export function coldBlockCache(observability: Observability): ColdBlockCache {
  return new ByteBoundedCache({
    name: 'roomserver_cold_blocks',
    maxBytes: CACHE_BYTES,
    bytesOf: (block) => [...block.values()].reduce((sum, json) => sum + 2 * json.length + 100, 0),
    observability,
  });
}

/**
 * A database whose rows hold bodies wherever a statement reads the view `roomserver.bodies`: cold ones come from their blocks, with one
 * round trip more for all of a statement's rows. Nothing else in roomserver knows that bodies get cold.
 */
export function readingColdBodies(database: Database, cache: ColdBlockCache): Database {
  return {
    kind: 'database',
    query: (statement, values) => queryWithBodies(database, cache, statement, values),
    transaction: (work) =>
      database.transaction((transaction) =>
        work({
          kind: 'transaction',
          query: (statement, values) => queryWithBodies(transaction, cache, statement, values),
        } satisfies Transaction),
      ),
    condition: () => database.condition(),
    close: () => database.close(),
  };
}

async function queryWithBodies<Row extends object>(
  queryable: Queryable,
  cache: ColdBlockCache,
  statement: Statement,
  values: readonly SqlValue[],
): Promise<Row[]> {
  for (let look = 1; ; look++) {
    const rows = await queryable.query<Row>(statement, values);
    if (!readsBodies(statement)) return rows;
    const missing = await putBodies(rows, queryable, cache);
    if (missing === 0) return rows;
    if (look === MAX_LOOKS) throw new Error(`${missing} cold bodies are not in their blocks`);
  }
}

const readers = new WeakMap<Statement, boolean>();

function readsBodies(statement: Statement): boolean {
  const known = readers.get(statement);
  if (known !== undefined) return known;
  const reads = statement.text.includes(VIEW);
  readers.set(statement, reads);
  return reads;
}

interface ColdPlace {
  readonly row: object;
  readonly column: string;
  readonly block: number;
  readonly event: number;
}

/** Replaces marks by bodies. The number of those whose block does not hold them. */
async function putBodies(rows: readonly object[], queryable: Queryable, cache: ColdBlockCache): Promise<number> {
  const places = coldPlaces(rows);
  if (places.length === 0) return 0;
  const blocks = await readBlocks(new Set(places.map(({ block }) => block)), queryable, cache);
  let missing = 0;
  for (const { row, column, block, event } of places) {
    const json = blocks.get(block)?.get(event);
    if (json === undefined) missing++;
    else Reflect.set(row, column, json);
  }
  return missing;
}

function coldPlaces(rows: readonly object[]): ColdPlace[] {
  const columns = Object.keys(rows[0] ?? {}).filter((column) => column.endsWith(COLUMN));
  const places: ColdPlace[] = [];
  for (const row of rows) {
    for (const column of columns) {
      const value: unknown = Reflect.get(row, column);
      if (typeof value !== 'string' || !value.startsWith(MARK)) continue;
      const colon = value.indexOf(':');
      places.push({ row, column, block: Number(value.slice(1, colon)), event: Number(value.slice(colon + 1)) });
    }
  }
  return places;
}

async function readBlocks(
  wanted: ReadonlySet<number>,
  queryable: Queryable,
  cache: ColdBlockCache,
): Promise<ReadonlyMap<number, Block>> {
  const blocks = new Map<number, Block>();
  const missing: number[] = [];
  for (const number of wanted) {
    const cached = cache.get(number);
    if (cached === undefined) missing.push(number);
    else blocks.set(number, cached);
  }
  if (missing.length === 0) return blocks;
  const rows = await queryable.query<{ block: number; bodies: Buffer }>(selectColdBlocks, [missing]);
  for (const { block: number, bodies } of rows) {
    const block = decodeBlock(bodies);
    blocks.set(number, block);
    cache.set(number, block);
  }
  return blocks;
}
