import type { DatabaseCondition, Statement } from './types.ts';

/** The oldest PostgreSQL that is tested. */
export const oldestPostgres = 14;
/** As far as timestamps of events and leases bear it. */
const MAX_CLOCK_SKEW_SECONDS = 5;
const bytewise: readonly string[] = ['C', 'POSIX', 'C.UTF-8', 'C.utf8'];

export interface ConditionRow {
  /** For example 150018. */
  readonly version: number;
  readonly standby: boolean;
  readonly read_only: boolean;
  readonly encoding: string;
  readonly collation: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

export const readCondition: Statement = {
  name: 'postgres_condition',
  text: `SELECT current_setting('server_version_num')::integer AS version, pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only') = 'on' AS read_only, pg_encoding_to_char(encoding) AS encoding,
    CASE to_jsonb(pg_database)->>'datlocprovider' WHEN 'i' THEN 'ICU' ELSE datcollate END AS collation,
    extract(epoch FROM clock_timestamp())::double precision AS now
    FROM pg_database WHERE datname = current_database()`,
};

/** @param skewSeconds how far our clock is ahead of the database's. */
export function judgeCondition(row: ConditionRow, skewSeconds: number): DatabaseCondition {
  const problems: string[] = [];
  const major = Math.floor(row.version / 10_000);
  if (major < oldestPostgres)
    problems.push(`PostgreSQL ${major} is older than ${oldestPostgres}: upgrade it with pg_upgrade or a dump`);
  if (row.standby)
    problems.push('the database does not take writes: it is a standby; name the primary in postgres.url');
  else if (row.read_only)
    problems.push('the database does not take writes: it is read-only (default_transaction_read_only is on)');
  if (row.encoding !== 'UTF8')
    problems.push(
      `the database is encoded in ${row.encoding} and not in UTF8: make another with ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0`,
    );
  return { problems, remarks: remarksOn(row, skewSeconds) };
}

function remarksOn({ collation }: ConditionRow, skewSeconds: number): string[] {
  const remarks: string[] = [];
  if (!bytewise.includes(collation))
    remarks.push(
      `the database sorts by the collation ${collation} and not by C: an upgrade of the C library or of ICU can damage its indexes; make it with LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0, and move there with plexus backup`,
    );
  if (Math.abs(skewSeconds) > MAX_CLOCK_SKEW_SECONDS)
    remarks.push(
      `this clock is ${Math.abs(skewSeconds).toFixed(1)} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} the database's: mend time synchronisation on both machines`,
    );
  return remarks;
}

const reasons: Readonly<Record<string, string>> = {
  '28P01': 'it refuses the password',
  '28000': 'it refuses the user',
  '3D000': 'there is no such database',
  '53300': 'all its connections are taken (max_connections)',
  '57P03': 'it is starting or stopping',
};

/** Of a database that gave no answer. The message names no password, host or value. */
export function unansweredCondition(error: unknown): DatabaseCondition {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const reason = code === undefined ? 'no answer' : (reasons[code] ?? `no answer (${code})`);
  return { problems: [`the database does not take writes: ${reason}`], remarks: [] };
}
