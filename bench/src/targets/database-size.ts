import pg from 'pg';

/** Bytes of a database on disk, all tables and indexes, after a checkpoint. */
export async function databaseSize(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
    return Number(rows[0]?.size ?? 0);
  } finally {
    await client.end();
  }
}

/** Bytes of each table with its indexes, by schema-qualified name. */
export async function tableSizes(url: string): Promise<Map<string, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; size: string }>(
      `SELECT schemaname || '.' || relname AS name, pg_total_relation_size(relid) AS size FROM pg_stat_user_tables`,
    );
    return new Map(rows.map((row) => [row.name, Number(row.size)]));
  } finally {
    await client.end();
  }
}
