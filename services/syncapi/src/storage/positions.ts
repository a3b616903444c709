import { type Database, type Queryable, sql, type Transaction } from '@plexus/postgres';
import { consumerPosition, deadLetter, type LogEntry, type LogStream } from '@plexus/streams';

export const positionStatements = consumerPosition('syncapi');
const deadLetterStatements = deadLetter('syncapi');

const lockPosition = sql(
  'syncapi_lock_position',
  'SELECT position FROM syncapi.consumer_position WHERE log = $1 AND partition = 0 FOR UPDATE',
);
const advancePosition = sql(
  'syncapi_advance_position',
  'UPDATE syncapi.consumer_position SET position = $2 WHERE log = $1 AND partition = 0',
);
const selectGeneration = sql('syncapi_select_generation', 'SELECT generation FROM syncapi.generation');

export async function readGeneration(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ generation: number }>(selectGeneration, []);
  return row?.generation ?? 1;
}

/**
 * Writes the effects of the entries that no replica has written yet, with the position, in one transaction. Every replica comes here with every
 * entry; their batches need not begin or end at the same one. What another has written is taken out, and nothing is left when it was faster.
 */
export async function writeOnce<Entry extends LogEntry>(
  database: Database,
  stream: { readonly name: string },
  entries: readonly Entry[],
  write: (transaction: Transaction, unwritten: readonly Entry[]) => Promise<void>,
): Promise<void> {
  const last = entries.at(-1);
  if (last === undefined) return;
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ position: number }>(lockPosition, [stream.name]);
    const written = row?.position ?? 0;
    if (written >= last.position) return;
    await write(
      transaction,
      entries.filter((entry) => entry.position > written),
    );
    await transaction.query(advancePosition, [stream.name, last.position]);
  });
}

/** Puts an entry that cannot be applied aside and moves past it. */
export function parkOnce<Entry extends LogEntry>(
  database: Database,
  stream: LogStream<Entry>,
  entry: Entry,
  error: unknown,
): Promise<void> {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return writeOnce(database, stream, [entry], async (transaction) => {
    const encoded = Buffer.from(stream.encode([entry]));
    // PostgreSQL's text takes no U+0000.
    await transaction.query(deadLetterStatements.insert, [
      stream.name,
      entry.position,
      encoded,
      reason.replaceAll('\0', ''),
    ]);
  });
}
