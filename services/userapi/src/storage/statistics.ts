import { type Database, sql } from '@plexus/postgres';

export type AccountCounts = {
  readonly accounts: number;
  readonly appservice_accounts: number;
  readonly deactivated_accounts: number;
};

const accountsStatement = sql(
  'userapi_count_accounts',
  `SELECT count(*) FILTER (WHERE deactivated_ts IS NULL AND appservice_id IS NULL) AS accounts,
    count(*) FILTER (WHERE deactivated_ts IS NULL AND appservice_id IS NOT NULL) AS appservice_accounts,
    count(*) FILTER (WHERE deactivated_ts IS NOT NULL) AS deactivated_accounts
   FROM userapi.accounts`,
);

export async function countAccounts(database: Database): Promise<AccountCounts> {
  const [row] = await database.query<AccountCounts>(accountsStatement, []);
  return row ?? { accounts: 0, appservice_accounts: 0, deactivated_accounts: 0 };
}

export type InstallationSize = { readonly devices: number; readonly database_bytes: number };

const sizeStatement = sql(
  'userapi_installation_size',
  `SELECT (SELECT count(*) FROM userapi.devices) AS devices, pg_database_size(current_database()) AS database_bytes`,
);

/** How many devices are signed in, and how many bytes the database has. */
export async function readInstallationSize(database: Database): Promise<InstallationSize> {
  const [row] = await database.query<InstallationSize>(sizeStatement, []);
  return row ?? { devices: 0, database_bytes: 0 };
}

const activeStatement = sql(
  'userapi_count_active',
  `SELECT age.name AS period, COALESCE(client, 'any') AS client, count(DISTINCT account_nid) AS users
   FROM (VALUES ('day', $1::bigint, $4::date), ('week', $2::bigint, $5::date), ('month', $3::bigint, $6::date)) AS age (name, since, day)
   JOIN userapi.daily_activity AS seen ON seen.day >= age.day AND seen.last_seen_ts >= age.since
   GROUP BY GROUPING SETS ((age.name, client), (age.name))`,
);

export type ActiveCount = {
  readonly period: 'day' | 'week' | 'month';
  readonly client: string;
  readonly users: number;
};

const DAY_MS = 86_400_000;

/** Users of the last 24 hours, 7 days and 30 days, of each kind of client and of any. */
export function countActive(database: Database, now: number): Promise<ActiveCount[]> {
  const since = [1, 7, 30].map((days) => now - days * DAY_MS);
  return database.query<ActiveCount>(activeStatement, [...since, ...since.map(dayOf)]);
}

/** A time as its day of UTC, as 2026-11-21. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

const totalsStatement = sql(
  'userapi_statistics_totals',
  `SELECT (SELECT count(*) FROM userapi.accounts WHERE created_ts >= $3 AND created_ts < $4 AND appservice_id IS NULL) AS registered,
    (SELECT count(DISTINCT account_nid) FROM userapi.daily_activity WHERE day BETWEEN $1::date AND $2::date) AS active_users,
    pg_database_size(current_database()) AS database_bytes`,
);

const daysStatement = sql(
  'userapi_statistics_days',
  `SELECT to_char(series.day, 'YYYY-MM-DD') AS day,
    (SELECT count(DISTINCT account_nid) FROM userapi.daily_activity WHERE daily_activity.day = series.day) AS active_users,
    (SELECT count(*) FROM userapi.accounts WHERE appservice_id IS NULL
      AND created_ts >= extract(epoch FROM series.day AT TIME ZONE 'UTC') * 1000
      AND created_ts < extract(epoch FROM (series.day + 1) AT TIME ZONE 'UTC') * 1000) AS registered,
    (SELECT COALESCE(sum(requests), 0)::bigint FROM userapi.daily_requests WHERE daily_requests.day = series.day) AS requests
   FROM (SELECT generate_series($1::date, $2::date, interval '1 day')::date AS day) AS series ORDER BY series.day`,
);

const clientsStatement = sql(
  'userapi_statistics_clients',
  `SELECT client, count(DISTINCT account_nid) AS active_users FROM userapi.daily_activity
   WHERE day BETWEEN $1::date AND $2::date GROUP BY client ORDER BY active_users DESC, client`,
);

const operationsStatement = sql(
  'userapi_statistics_operations',
  `SELECT operation, sum(requests)::bigint AS requests, sum(failures)::bigint AS failures, sum(seconds) AS seconds
   FROM userapi.daily_requests WHERE day BETWEEN $1::date AND $2::date GROUP BY operation ORDER BY requests DESC, operation`,
);

const resourcesStatement = sql(
  'userapi_statistics_resources',
  `SELECT service, sum(cpu_seconds) AS cpu_seconds, max(resident_bytes) AS resident_bytes
   FROM userapi.daily_resources WHERE day BETWEEN $1::date AND $2::date GROUP BY service ORDER BY service`,
);

type Totals = { readonly registered: number; readonly active_users: number; readonly database_bytes: number };
type Day = {
  readonly day: string;
  readonly active_users: number;
  readonly registered: number;
  readonly requests: number;
};
type Client = { readonly client: string; readonly active_users: number };
type Operation = {
  readonly operation: string;
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
};
type Resource = { readonly service: string; readonly cpu_seconds: number; readonly resident_bytes: number };

/** All that is stored of the days from..to (of UTC, both included). */
export async function readStatistics(database: Database, from: string, to: string) {
  const range = [from, to];
  const [totals, days, clients, operations, resources] = await Promise.all([
    database.query<Totals>(totalsStatement, [...range, Date.parse(from), Date.parse(to) + DAY_MS]),
    database.query<Day>(daysStatement, range),
    database.query<Client>(clientsStatement, range),
    database.query<Operation>(operationsStatement, range),
    database.query<Resource>(resourcesStatement, range),
  ]);
  return {
    totals: totals[0] ?? { registered: 0, active_users: 0, database_bytes: 0 },
    days,
    clients,
    operations,
    resources,
  };
}
