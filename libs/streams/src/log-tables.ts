import { type Queryable, type Statement, sql, type Transaction } from '@plexus/postgres';
import type { LogEntry } from './types.ts';

/** Only partition 0 exists so far; the tables are made for more. */
const partition = 0;

/** A position that no log reaches: a page from here on has no entries, and says how far the log is committed. */
export const beyondTheEnd = Number.MAX_SAFE_INTEGER;

export interface LogCounterStatements {
  /** ($1 log, $2 count) → `position`: the last of `count` new positions. Locks the log until the commit: its order is the commit order. */
  readonly reserve: Statement;
  /** ($1 log) → `position` of the last committed entry; no row before the first. */
  readonly head: Statement;
}

/** The gapless counter of the logs of a schema, table `<schema>.log_counter`. */
export function logCounter(schema: string): LogCounterStatements {
  return {
    reserve: sql(
      `${schema}_log_counter_reserve`,
      `INSERT INTO ${schema}.log_counter AS counter (log, partition, position) VALUES ($1, ${partition}, $2)
       ON CONFLICT (log, partition) DO UPDATE SET position = counter.position + excluded.position
       RETURNING position`,
    ),
    head: sql(
      `${schema}_log_counter_head`,
      `SELECT position FROM ${schema}.log_counter WHERE log = $1 AND partition = ${partition}`,
    ),
  };
}

export interface ConsumerPositionStatements {
  /** ($1 log) → `position`; no row before the first entry. */
  readonly load: Statement;
  /** ($1 log, $2 from, $3 to) → one row when the position was `from`; none when another process has moved it. */
  readonly advance: Statement;
  /**
   * ($1 log, $2 from, $3 to) → one row when the position was `from` and nothing of the log is set aside. For entries without effects: the commit does
   * not wait for the disk, since what a crash takes back is read from the log again.
   */
  readonly passOver: Statement;
}

/** How far a service has come in the logs of others, table `<schema>.consumer_position`. */
export function consumerPosition(schema: string): ConsumerPositionStatements {
  const table = `${schema}.consumer_position`;
  return {
    load: sql(
      `${schema}_consumer_position_load`,
      `SELECT position FROM ${table} WHERE log = $1 AND partition = ${partition}`,
    ),
    advance: sql(
      `${schema}_consumer_position_advance`,
      `INSERT INTO ${table} AS stored (log, partition, position)
       SELECT $1, ${partition}, $3::bigint
       WHERE $2::bigint = 0 OR EXISTS (SELECT FROM ${table} WHERE log = $1 AND partition = ${partition})
       ON CONFLICT (log, partition) DO UPDATE SET position = excluded.position WHERE stored.position = $2
       RETURNING position`,
    ),
    passOver: sql(
      `${schema}_consumer_position_pass_over`,
      `WITH ${advancedFreely(schema)}
       SELECT position, set_config('synchronous_commit', 'off', true) FROM advanced`,
    ),
  };
}

/**
 * A table expression `advanced` ($1 log, $2 from, $3 to) that moves the position, in the statement that writes the effects. It has no row, and the
 * statement must then write nothing, when the position was not `from` or something of the log is set aside: the batch takes the way of a transaction.
 */
export function advancedFreely(schema: string): string {
  return `advanced AS (
     UPDATE ${schema}.consumer_position SET position = $3::bigint
     WHERE log = $1 AND partition = ${partition} AND position = $2::bigint
       AND NOT EXISTS (SELECT FROM ${schema}.dead_letter WHERE log = $1)
     RETURNING position
   )`;
}

/** Another process of this service has applied the entries; the transaction must be rolled back. The consumer goes on from the stored position. */
export class ConsumerPositionMoved extends Error {
  override readonly name = 'ConsumerPositionMoved';
}

/** The stored position of a log; 0 before its first entry. */
export async function loadPosition(
  queryable: Queryable,
  statements: ConsumerPositionStatements,
  stream: { readonly name: string },
): Promise<number> {
  const [row] = await queryable.query<{ position: number }>(statements.load, [stream.name]);
  return row?.position ?? 0;
}

/**
 * Moves the stored position over consecutive entries, in the transaction that stores their effects.
 * @throws ConsumerPositionMoved when it was not the position before the first of them.
 */
export async function advancePosition(
  transaction: Transaction,
  statements: ConsumerPositionStatements,
  stream: { readonly name: string },
  entries: readonly LogEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const [from, to] = endsOf(entries);
  const moved = await transaction.query(statements.advance, [stream.name, from, to]);
  if (moved.length === 0) throw new ConsumerPositionMoved(`${stream.name} is not at ${from} any more`);
}

/** The position before consecutive entries, and that of the last. */
export function endsOf(entries: readonly LogEntry[]): [from: number, to: number] {
  const to = entries.at(-1)?.position ?? 0;
  return [(entries.at(0)?.position ?? to + 1) - 1, to];
}
