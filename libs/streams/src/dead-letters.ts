import { type Database, type Queryable, type Statement, sql, type Transaction } from '@plexus/postgres';
import { advancePosition, type ConsumerPositionStatements } from './log-tables.ts';
import type { LogEntry, LogStream } from './types.ts';

/** Only partition 0 exists so far. */
const partition = 0;
/** Parked entries that one transaction tries again. */
const RETRIED_AT_ONCE = 500;
const BEHIND = 'behind an entry that could not be applied';

export interface DeadLetterStatements {
  /** ($1 log, $2 positions, $3 lines, $4 entries as the stream encodes them, $5 error) → nothing; parking twice is parking once. */
  readonly insert: Statement;
  /** ($1 log, $2 from, $3 to) → `line` of every line that is set aside, and `position` of every entry of the range that is. */
  readonly setAside: Statement;
  /** ($1 log) → a row when anything is set aside. */
  readonly anySetAside: Statement;
  /** ($1 log) → nothing; nobody moves the position until the end of the transaction. */
  readonly lock: Statement;
  /** ($1 log, $2 how many) → `position`, `line` and `entry` of those to be tried again, in order. */
  readonly released: Statement;
  /** ($1 log, $2 positions, $3 lines) → nothing; the rest of the lines is to be tried again too. */
  readonly remove: Statement;
  /** ($1 log, $2 error) → nothing; what was to be tried again stays parked. */
  readonly keep: Statement;
}

/** Entries that could not be applied, and those that wait behind them, table `<schema>.dead_letter`. */
export function deadLetter(schema: string): DeadLetterStatements {
  const table = `${schema}.dead_letter`;
  const released = `log = $1 AND (retry OR line IN (SELECT line FROM ${table} WHERE log = $1 AND retry))`;
  return {
    insert: sql(
      `${schema}_dead_letter_insert`,
      `INSERT INTO ${table} (log, partition, position, line, entry, error)
       SELECT $1, ${partition}, p.position, p.line, p.entry, $5
       FROM unnest($2::bigint[], $3::text[], $4::bytea[]) AS p(position, line, entry)
       ON CONFLICT (log, partition, position) DO NOTHING`,
    ),
    setAside: sql(
      `${schema}_dead_letter_set_aside`,
      `SELECT DISTINCT line, NULL::bigint AS position FROM ${table} WHERE log = $1 AND line IS NOT NULL
       UNION ALL SELECT NULL, position FROM ${table} WHERE log = $1 AND position BETWEEN $2 AND $3`,
    ),
    anySetAside: sql(`${schema}_dead_letter_any`, `SELECT FROM ${table} WHERE log = $1 LIMIT 1`),
    lock: sql(
      `${schema}_dead_letter_lock`,
      `SELECT FROM ${schema}.consumer_position WHERE log = $1 AND partition = ${partition} FOR UPDATE`,
    ),
    released: sql(
      `${schema}_dead_letter_released`,
      `SELECT position, line, entry FROM ${table} WHERE ${released} ORDER BY position LIMIT $2`,
    ),
    remove: sql(
      `${schema}_dead_letter_remove`,
      `WITH removed AS (DELETE FROM ${table} WHERE log = $1 AND position = ANY($2::bigint[]))
       UPDATE ${table} SET retry = true WHERE log = $1 AND line = ANY($3::text[]) AND position <> ALL($2::bigint[])`,
    ),
    keep: sql(
      `${schema}_dead_letter_keep`,
      `UPDATE ${table} SET retry = false, error = CASE WHEN retry THEN $2 ELSE error END WHERE ${released}`,
    ),
  };
}

/** Stores an entry that cannot be applied and moves the position past it: what `park` of a consumer does in a transaction. */
export async function parkEntry<Entry extends LogEntry>(
  transaction: Transaction,
  statements: ConsumerPositionStatements & DeadLetterStatements,
  stream: LogStream<Entry>,
  entry: Entry,
  error: unknown,
): Promise<void> {
  await setAsideEntry(transaction, statements, stream, entry, error);
  await advancePosition(transaction, statements, stream, [entry]);
}

/** Stores an entry that cannot be applied, in the transaction that moves the position past it. */
export async function setAsideEntry<Entry extends LogEntry>(
  transaction: Transaction,
  statements: DeadLetterStatements,
  stream: LogStream<Entry>,
  entry: Entry,
  error: unknown,
): Promise<void> {
  await insertDeadLetters(transaction, statements, stream, [entry], errorText(error));
}

/** What of a batch must wait, and which lines do. */
export interface SetAside {
  /** Positions of entries that are in the dead letters. */
  readonly positions: ReadonlySet<number>;
  readonly lines: ReadonlySet<string>;
}

/** What others have set aside already; in the transaction that has locked the position. */
export async function loadSetAside(
  queryable: Queryable,
  statements: DeadLetterStatements,
  stream: { readonly name: string },
  entries: readonly LogEntry[],
): Promise<SetAside> {
  const rows = await queryable.query<{ line: string | null; position: number | null }>(statements.setAside, [
    stream.name,
    entries.at(0)?.position ?? 0,
    entries.at(-1)?.position ?? 0,
  ]);
  return {
    positions: new Set(rows.flatMap(({ position }) => position ?? [])),
    lines: new Set(rows.flatMap(({ line }) => line ?? [])),
  };
}

/**
 * Stores those entries whose line is set aside among the dead letters, and answers the others: they are to be applied in the same
 * transaction. So nothing of a room is applied that came after what could not be, and all other rooms go on.
 */
export async function withoutSetAside<Entry extends LogEntry>(
  transaction: Transaction,
  statements: DeadLetterStatements,
  stream: LogStream<Entry>,
  entries: readonly Entry[],
  { lines }: Pick<SetAside, 'lines'>,
): Promise<readonly Entry[]> {
  const waits = (entry: Entry) => lines.has(stream.lineOf(entry) ?? '');
  const waiting = lines.size === 0 ? [] : entries.filter(waits);
  if (waiting.length === 0) return entries;
  await insertDeadLetters(transaction, statements, stream, waiting, BEHIND);
  return entries.filter((entry) => !waits(entry));
}

/**
 * Applies again what an operator has released, in order, with everything that waits behind it; how many entries that were. What fails once
 * more stays parked, with its error, and is thrown.
 */
export async function retryDeadLetters<Entry extends LogEntry>(
  database: Database,
  statements: DeadLetterStatements,
  stream: LogStream<Entry>,
  apply: (transaction: Transaction, entries: readonly Entry[]) => Promise<void>,
): Promise<number> {
  let retried = 0;
  try {
    for (let count = RETRIED_AT_ONCE; count > 0; retried += count)
      count = await database.transaction((transaction) => retryOnce(transaction, statements, stream, apply));
    return retried;
  } catch (error) {
    await database.query(statements.keep, [stream.name, errorText(error)]);
    throw error;
  }
}

async function retryOnce<Entry extends LogEntry>(
  transaction: Transaction,
  statements: DeadLetterStatements,
  stream: LogStream<Entry>,
  apply: (transaction: Transaction, entries: readonly Entry[]) => Promise<void>,
): Promise<number> {
  await transaction.query(statements.lock, [stream.name]);
  type Row = { position: number; line: string | null; entry: Buffer };
  const rows = await transaction.query<Row>(statements.released, [stream.name, RETRIED_AT_ONCE]);
  if (rows.length === 0) return 0;
  await apply(
    transaction,
    rows.flatMap(({ entry }) => stream.decode(entry)),
  );
  const lines = [...new Set(rows.flatMap(({ line }) => line ?? []))];
  await transaction.query(statements.remove, [stream.name, rows.map(({ position }) => position), lines]);
  return rows.length;
}

async function insertDeadLetters<Entry extends LogEntry>(
  transaction: Transaction,
  statements: DeadLetterStatements,
  stream: LogStream<Entry>,
  entries: readonly Entry[],
  error: string,
): Promise<void> {
  await transaction.query(statements.insert, [
    stream.name,
    entries.map(({ position }) => position),
    entries.map((entry) => stream.lineOf(entry) ?? null),
    entries.map((entry) => Buffer.from(stream.encode([entry]))),
    error,
  ]);
}

/** PostgreSQL's text takes no U+0000. */
function errorText(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replaceAll('\0', '');
}
