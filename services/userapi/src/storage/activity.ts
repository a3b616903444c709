import { type Database, sql } from '@plexus/postgres';

/** A report of one process, ready to be stored. */
export interface ActivityReport {
  readonly reporter: string;
  readonly sequence: number;
  readonly service: string;
  readonly now: number;
  /** Day of UTC, as 2026-11-21. */
  readonly day: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly devices: readonly {
    readonly localpart: string;
    readonly deviceId: string;
    readonly lastSeenTs: number;
    readonly ip: string;
    readonly client: string;
  }[];
  readonly operations: readonly {
    readonly operation: string;
    readonly requests: number;
    readonly failures: number;
    readonly seconds: number;
  }[];
}

/**
 * Counts add up only when the report is new; what was seen of devices may come again. Rows are locked in their order, so that reports of
 * two processes do not lock each other out.
 */
const recordStatement = sql(
  'userapi_record_activity',
  `WITH reporter AS (
    INSERT INTO userapi.activity_reporters AS known (reporter, sequence, reported_ts) VALUES ($1, $2, $3)
    ON CONFLICT (reporter) DO UPDATE SET sequence = excluded.sequence, reported_ts = excluded.reported_ts
      WHERE known.sequence < excluded.sequence
    RETURNING sequence
  ),
  requests AS (
    INSERT INTO userapi.daily_requests AS day (day, operation, requests, failures, seconds)
    SELECT $4::date, told.operation, told.requests, told.failures, told.seconds
    FROM unnest($5::text[], $6::bigint[], $7::bigint[], $8::double precision[]) AS told (operation, requests, failures, seconds), reporter
    ORDER BY told.operation
    ON CONFLICT (day, operation) DO UPDATE SET requests = day.requests + excluded.requests,
      failures = day.failures + excluded.failures, seconds = day.seconds + excluded.seconds
  ),
  resources AS (
    INSERT INTO userapi.daily_resources AS day (day, service, cpu_seconds, resident_bytes)
    SELECT $4::date, $9, $10, $11 FROM reporter
    ON CONFLICT (day, service) DO UPDATE SET cpu_seconds = day.cpu_seconds + excluded.cpu_seconds,
      resident_bytes = GREATEST(day.resident_bytes, excluded.resident_bytes)
  ),
  seen AS (
    SELECT accounts.nid AS account_nid, told.*
    FROM unnest($12::text[], $13::text[], $14::bigint[], $15::text[], $16::text[]) AS told (localpart, device_id, last_seen_ts, ip, client)
    JOIN userapi.accounts USING (localpart)
  ),
  users AS (
    INSERT INTO userapi.daily_activity AS day (day, account_nid, client, last_seen_ts)
    SELECT $4::date, account_nid, client, max(last_seen_ts) FROM seen GROUP BY account_nid, client ORDER BY account_nid, client
    ON CONFLICT (day, account_nid, client) DO UPDATE SET last_seen_ts = GREATEST(day.last_seen_ts, excluded.last_seen_ts)
  ),
  locked AS (
    SELECT devices.account_nid, devices.device_id, seen.last_seen_ts, seen.ip
    FROM userapi.devices JOIN seen USING (account_nid, device_id)
    WHERE devices.last_seen_ts IS NULL OR devices.last_seen_ts < seen.last_seen_ts
    ORDER BY devices.account_nid, devices.device_id FOR UPDATE OF devices
  )
  UPDATE userapi.devices SET last_seen_ts = locked.last_seen_ts, last_seen_ip = locked.ip
  FROM locked WHERE devices.account_nid = locked.account_nid AND devices.device_id = locked.device_id`,
);

export async function recordReport(database: Database, report: ActivityReport): Promise<void> {
  const { devices, operations } = report;
  await database.query(recordStatement, [
    report.reporter,
    report.sequence,
    report.now,
    report.day,
    operations.map(({ operation }) => operation),
    operations.map(({ requests }) => requests),
    operations.map(({ failures }) => failures),
    operations.map(({ seconds }) => seconds),
    report.service,
    report.cpuSeconds,
    report.residentBytes,
    devices.map(({ localpart }) => localpart),
    devices.map(({ deviceId }) => deviceId),
    devices.map(({ lastSeenTs }) => lastSeenTs),
    devices.map(({ ip }) => ip),
    devices.map(({ client }) => client),
  ]);
}

const forgetStatement = sql(
  'userapi_forget_activity',
  `WITH activity AS (DELETE FROM userapi.daily_activity WHERE day < $1::date),
    requests AS (DELETE FROM userapi.daily_requests WHERE day < $1::date),
    resources AS (DELETE FROM userapi.daily_resources WHERE day < $1::date)
  DELETE FROM userapi.activity_reporters WHERE reported_ts < $2`,
);

/** Forgets days before `day`, and processes that have not reported since (milliseconds since the epoch). */
export async function forgetActivity(database: Database, day: string, reportedSince: number): Promise<void> {
  await database.query(forgetStatement, [day, reportedSince]);
}
