import { type Database, type Queryable, type SqlValue, sql, type Transaction } from '@plexus/postgres';

/** Logs whose effects are written to the index. Receipts are written by their own producer, typing is only remembered. */
export type IndexedLog = 'room' | 'user';

const selectPosition = sql(
  'syncapi_select_position',
  'SELECT position FROM syncapi.consumer_position WHERE log = $1',
);
const lockPosition = sql(
  'syncapi_lock_position',
  'SELECT position FROM syncapi.consumer_position WHERE log = $1 FOR UPDATE',
);
const advancePosition = sql(
  'syncapi_advance_position',
  'UPDATE syncapi.consumer_position SET position = $2 WHERE log = $1',
);
const selectGeneration = sql('syncapi_select_generation', 'SELECT generation FROM syncapi.generation');
const insertDeadLetter = sql(
  'syncapi_insert_dead_letter',
  'INSERT INTO syncapi.dead_letter (log, position, entry, error) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
);

export async function readPosition(queryable: Queryable, log: IndexedLog): Promise<number> {
  const [row] = await queryable.query<{ position: number }>(selectPosition, [log]);
  return row?.position ?? 0;
}

export async function readGeneration(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ generation: number }>(selectGeneration, []);
  return row?.generation ?? 1;
}

/**
 * Writes the effects of the entries up to `to` that no replica has written yet, with the position, in one transaction. The replicas' batches
 * need not begin or end at the same entries: what another has written is taken out, and nothing is left to write when it was faster.
 */
export async function writeOnce(
  database: Database,
  log: IndexedLog,
  to: number,
  write: (transaction: Transaction, after: number) => Promise<void>,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ position: number }>(lockPosition, [log]);
    const written = row?.position ?? 0;
    if (written >= to) return;
    await write(transaction, written);
    await transaction.query(advancePosition, [log, to]);
  });
}

/** Puts an entry aside and moves past it. */
export async function parkEntry(
  database: Database,
  log: IndexedLog,
  entry: { readonly position: number; readonly encoded: Buffer },
  reason: string,
): Promise<void> {
  await writeOnce(database, log, entry.position, async (transaction) => {
    const values: SqlValue[] = [log, entry.position, entry.encoded, reason];
    await transaction.query(insertDeadLetter, values);
  });
}
