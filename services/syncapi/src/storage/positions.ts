import { type Database, type Queryable, sql, type Transaction } from '@plexus/postgres';
import {
  consumerPosition,
  deadLetter,
  type LogEntry,
  type LogStream,
  loadSetAside,
  parkEntry,
  retryDeadLetters,
  withoutSetAside,
} from '@plexus/streams';

export const positionStatements = consumerPosition('syncapi');
const deadLetterStatements = deadLetter('syncapi');
const parking = { ...positionStatements, ...deadLetterStatements };

const lockPosition = sql(
  'syncapi_lock_position',
  'SELECT position FROM syncapi.consumer_position WHERE log = $1 AND partition = 0 FOR UPDATE',
);
const advancePosition = sql(
  'syncapi_advance_position',
  'UPDATE syncapi.consumer_position SET position = $2 WHERE log = $1 AND partition = 0',
);
const selectGeneration = sql('syncapi_select_generation', 'SELECT generation FROM syncapi.generation');

/**
 * Tokens of the lost time are answered as an initial sync. The time takes part, so that a second restore of the same backup does not give
 * the first one's generation again.
 */
export const raiseGeneration = sql(
  'syncapi_raise_generation',
  'UPDATE syncapi.generation SET generation = greatest(generation + 1, extract(epoch FROM clock_timestamp())::bigint)',
);

export async function readGeneration(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ generation: number }>(selectGeneration, []);
  return row?.generation ?? 1;
}

/** What became of a batch. */
export interface Written {
  /** Positions of entries that are set aside, by whichever replica. */
  readonly aside: ReadonlySet<number>;
  /** Lines (rooms, users) that are set aside. */
  readonly lines: ReadonlySet<string>;
}

export const nothingAside: Written = { aside: new Set(), lines: new Set() };

/**
 * Writes the effects of the entries that no replica has written yet, with the position, in one transaction. Every replica comes here with every
 * entry; their batches need not begin or end at the same one. What another has written is taken out, and nothing is left when it was faster.
 * Entries whose line is set aside are parked instead.
 */
export async function writeOnce<Entry extends LogEntry>(
  database: Database,
  stream: LogStream<Entry>,
  entries: readonly Entry[],
  write: (transaction: Transaction, unwritten: readonly Entry[]) => Promise<void>,
): Promise<Written> {
  const last = entries.at(-1);
  if (last === undefined) return nothingAside;
  return database.transaction(async (transaction) => {
    // They travel together, and the second sees what was committed before the first had the lock.
    const [[row], known] = await Promise.all([
      transaction.query<{ position: number }>(lockPosition, [stream.name]),
      loadSetAside(transaction, deadLetterStatements, stream, entries),
    ]);
    const written = row?.position ?? 0;
    if (written >= last.position) return { aside: known.positions, lines: known.lines };
    const unwritten = entries.filter((entry) => entry.position > written);
    const free = await withoutSetAside(transaction, deadLetterStatements, stream, unwritten, known);
    if (free.length > 0) await write(transaction, free);
    await transaction.query(advancePosition, [stream.name, last.position]);
    const applied = new Set(free);
    const waiting = unwritten.filter((entry) => !applied.has(entry)).map(({ position }) => position);
    return { aside: new Set([...known.positions, ...waiting]), lines: known.lines };
  });
}

/** Puts an entry that cannot be applied aside and moves past it, if no other replica has. */
export async function parkOnce<Entry extends LogEntry>(
  database: Database,
  stream: LogStream<Entry>,
  entry: Entry,
  error: unknown,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ position: number }>(lockPosition, [stream.name]);
    if ((row?.position ?? 0) >= entry.position) return;
    await parkEntry(transaction, parking, stream, entry, error);
  });
}

/** Applies again what an operator has released. */
export function retryParked<Entry extends LogEntry>(
  database: Database,
  stream: LogStream<Entry>,
  write: (transaction: Transaction, entries: readonly Entry[]) => Promise<void>,
): Promise<number> {
  return retryDeadLetters(database, deadLetterStatements, stream, write);
}
