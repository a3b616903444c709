import { type Queryable, sql } from '@plexus/postgres';
import type { NewSession } from './accounts.ts';
import { logChanges, type UserLogRow } from './user-log.ts';

export type StartedSession =
  | {
      readonly outcome: 'started';
      /** Devices whose sessions ended: its own when it had one, and those beyond the number that an account may have. */
      readonly ended: readonly string[];
      readonly logged: UserLogRow[];
    }
  /** The account is not there, or not active any more. */
  | { readonly outcome: 'noAccount' };

/** The account's row is locked, so that no session begins beside its deactivation. */
const startStatement = sql(
  'userapi_start_session',
  `WITH account AS (
    SELECT nid, localpart FROM userapi.accounts WHERE localpart = $1 AND deactivated_ts IS NULL FOR SHARE
  ),
  device AS (
    INSERT INTO userapi.devices AS device (account_nid, device_id, display_name, created_ts)
    SELECT nid, $2, $3, $4::bigint FROM account
    ON CONFLICT (account_nid, device_id) DO UPDATE SET display_name = COALESCE(device.display_name, excluded.display_name)
    RETURNING account_nid, device_id
  ),
  session AS (
    INSERT INTO userapi.sessions (token_hash, account_nid, device_id, created_ts)
    SELECT $5::bytea, account_nid, device_id, $4::bigint FROM device
    ON CONFLICT (account_nid, device_id) DO UPDATE
      SET nid = DEFAULT, token_hash = excluded.token_hash, created_ts = excluded.created_ts
    RETURNING device_id, xmax <> 0 AS replaced
  ),
  surplus AS (
    DELETE FROM userapi.devices WHERE (account_nid, device_id) IN (
      SELECT account_nid, device_id FROM userapi.devices WHERE account_nid = (SELECT nid FROM account) AND device_id <> $2
      ORDER BY COALESCE(last_seen_ts, created_ts) DESC OFFSET $7::integer - 1
    )
    RETURNING device_id
  ),
  changes AS (
    SELECT row_number() OVER (ORDER BY gone) AS ordinal, localpart, 'device' AS kind, NULL::text AS room_id, device_id AS key,
      NULL::text AS value, gone
    FROM account, (SELECT device_id, false AS gone FROM session UNION ALL SELECT device_id, true FROM surplus) AS changed
  ),
  ${logChanges('$6')}
  SELECT logged.*, session.replaced FROM logged, session ORDER BY position`,
);

/** A session of an existing account, which keeps at most `maxDevices`; one that its device had before has ended with it. */
export async function startSession(
  database: Queryable,
  localpart: string,
  session: NewSession,
  now: number,
  maxDevices: number,
  traceparent: string,
): Promise<StartedSession> {
  const rows = await database.query<UserLogRow & { replaced: boolean }>(startStatement, [
    localpart,
    session.deviceId,
    session.deviceDisplayName ?? null,
    now,
    session.tokenHash,
    traceparent,
    maxDevices,
  ]);
  if (rows.length === 0) return { outcome: 'noAccount' };
  const ended = rows.flatMap(({ gone, key, replaced }) => (key !== null && (gone || replaced) ? [key] : []));
  return { outcome: 'started', ended, logged: rows.map(({ replaced: _replaced, ...logged }) => logged) };
}

export type SessionRow = {
  /** Index of the asked hash, from 1. */
  readonly ordinal: number;
  readonly nid: number;
  readonly localpart: string;
  readonly device_id: string;
  readonly admin: boolean;
};

const introspectStatement = sql(
  'userapi_introspect',
  `SELECT asked.ordinal, session.nid, account.localpart, session.device_id, account.admin
   FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (token_hash, ordinal)
   JOIN userapi.sessions AS session USING (token_hash)
   JOIN userapi.accounts AS account ON account.nid = session.account_nid
   WHERE account.deactivated_ts IS NULL`,
);

export function findSessions(database: Queryable, tokenHashes: readonly Buffer[]): Promise<SessionRow[]> {
  return database.query<SessionRow>(introspectStatement, [tokenHashes]);
}

/** Which devices of a user lose their sessions and go. */
export type EndedDevices =
  | { readonly only: readonly string[] }
  | { readonly allExcept: string }
  | { readonly all: true };

const endStatement = sql(
  'userapi_end_sessions',
  `WITH ended AS (
    DELETE FROM userapi.devices USING userapi.accounts
    WHERE accounts.localpart = $1 AND devices.account_nid = accounts.nid
      AND ($2::text[] IS NULL OR device_id = ANY ($2)) AND ($3::text IS NULL OR device_id <> $3)
    RETURNING device_id
  ),
  changes AS (
    SELECT row_number() OVER () AS ordinal, $1::text AS localpart, 'device' AS kind, NULL::text AS room_id, device_id AS key,
      NULL::text AS value, true AS gone
    FROM ended
  ),
  ${logChanges('$4')}
  SELECT * FROM logged ORDER BY position`,
);

/** Ends sessions and removes their devices; the log rows name those that were there. */
export function endSessions(
  database: Queryable,
  localpart: string,
  ended: EndedDevices,
  traceparent: string,
): Promise<UserLogRow[]> {
  const only = 'only' in ended ? ended.only : null;
  const except = 'allExcept' in ended ? ended.allExcept : null;
  return database.query<UserLogRow>(endStatement, [localpart, only, except, traceparent]);
}
