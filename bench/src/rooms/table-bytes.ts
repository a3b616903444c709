import type pg from 'pg';

/** Bytes of roomserver's tables with their indexes; of those alone whose name matches a regular expression. */
export async function tableBytes(sql: pg.Client, pattern = ''): Promise<number> {
  const { rows } = await sql.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
     WHERE relnamespace = 'roomserver'::regnamespace AND relkind = 'r' AND relname ~ $1`,
    [pattern],
  );
  return Number(rows[0]?.bytes ?? 0);
}
