import { type Database, isUniqueViolation, type Queryable, sql, type Transaction } from '@plexus/postgres';
import { logChanges, type UserLogRow } from './user-log.ts';

export interface NewAccount {
  readonly localpart: string;
  readonly passwordHash: string | undefined;
  readonly admin: boolean;
  readonly appserviceId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly registrationToken: string | undefined;
  /** JSON string. */
  readonly displayName: string;
  readonly session: NewSession | undefined;
}

export interface NewSession {
  readonly tokenHash: Buffer;
  readonly deviceId: string;
  readonly deviceDisplayName: string | undefined;
}

export type AccountInsertion =
  | { readonly outcome: 'inserted'; readonly logged: UserLogRow[] }
  | { readonly outcome: 'localpartTaken' }
  | { readonly outcome: 'tokenRefused' };

const insertStatement = sql(
  'userapi_insert_account',
  `WITH token AS (
    UPDATE userapi.registration_tokens SET uses = uses + 1
    WHERE token = $6 AND (uses_allowed IS NULL OR uses < uses_allowed) AND (expiry_ts IS NULL OR expiry_ts > $5)
    RETURNING token
  ),
  account AS (
    INSERT INTO userapi.accounts (localpart, password_hash, admin, appservice_id, created_ts)
    SELECT $1, $2, $3::boolean, $4, $5::bigint WHERE $6::text IS NULL OR EXISTS (SELECT FROM token)
    RETURNING nid, localpart
  ),
  profile AS (
    INSERT INTO userapi.profile_fields (account_nid, field, value) SELECT nid, 'displayname', $7 FROM account
  ),
  device AS (
    INSERT INTO userapi.devices (account_nid, device_id, display_name, created_ts)
    SELECT nid, $8, $9, $5::bigint FROM account WHERE $8::text IS NOT NULL
    RETURNING account_nid, device_id
  ),
  session AS (
    INSERT INTO userapi.sessions (token_hash, account_nid, device_id, created_ts)
    SELECT $10::bytea, account_nid, device_id, $5::bigint FROM device
  ),
  changes AS (
    SELECT row_number() OVER (ORDER BY rank) AS ordinal, localpart, kind, NULL::text AS room_id, key, value, false AS gone
    FROM account, LATERAL (VALUES
      (1, 'account_created', NULL, NULL), (2, 'profile', 'displayname', $7), (3, 'device', $8, NULL)
    ) AS change (rank, kind, key, value)
    WHERE kind <> 'device' OR key IS NOT NULL
  ),
  ${logChanges('$11')}
  SELECT * FROM logged ORDER BY position`,
);

/** An account with its profile and, when asked for, its first session, and one use of the registration token: all or nothing. */
export async function insertAccount(
  database: Queryable,
  account: NewAccount,
  traceparent: string,
): Promise<AccountInsertion> {
  const { session } = account;
  try {
    const logged = await database.query<UserLogRow>(insertStatement, [
      account.localpart,
      account.passwordHash ?? null,
      account.admin,
      account.appserviceId ?? null,
      account.now,
      account.registrationToken ?? null,
      account.displayName,
      session?.deviceId ?? null,
      session?.deviceDisplayName ?? null,
      session?.tokenHash ?? null,
      traceparent,
    ]);
    return logged.length === 0 ? { outcome: 'tokenRefused' } : { outcome: 'inserted', logged };
  } catch (error) {
    if (isUniqueViolation(error, 'accounts_localpart')) return { outcome: 'localpartTaken' };
    throw error;
  }
}

export type AccountRow = {
  readonly nid: number;
  readonly password_hash: string | null;
  readonly deactivated: boolean;
};

const findStatement = sql(
  'userapi_find_account',
  `SELECT nid, password_hash, deactivated_ts IS NOT NULL AS deactivated FROM userapi.accounts WHERE localpart = $1`,
);

export async function findAccount(database: Queryable, localpart: string): Promise<AccountRow | undefined> {
  const [row] = await database.query<AccountRow>(findStatement, [localpart]);
  return row;
}

const setPasswordStatement = sql(
  'userapi_set_password',
  `UPDATE userapi.accounts SET password_hash = $2 WHERE localpart = $1 AND deactivated_ts IS NULL RETURNING nid`,
);

/** False when there is no such active account. */
export async function updatePassword(database: Queryable, localpart: string, passwordHash: string): Promise<boolean> {
  return (await database.query(setPasswordStatement, [localpart, passwordHash])).length === 1;
}

const deactivateStatement = sql(
  'userapi_deactivate_account',
  `UPDATE userapi.accounts SET deactivated_ts = $2, password_hash = NULL, admin = false, erased = $3, account_data_bytes = 0
   WHERE localpart = $1 AND deactivated_ts IS NULL
   RETURNING nid`,
);

/** Devices take their sessions and pushers along. */
const clearStatement = sql(
  'userapi_clear_account',
  `WITH devices AS (DELETE FROM userapi.devices WHERE account_nid = $1 RETURNING device_id),
  account_data AS (DELETE FROM userapi.account_data WHERE account_nid = $1),
  profile AS (DELETE FROM userapi.profile_fields WHERE account_nid = $1 AND $3::boolean),
  pushers AS (DELETE FROM userapi.pushers WHERE account_nid = $1 AND device_id IS NULL),
  threepids AS (DELETE FROM userapi.threepids WHERE account_nid = $1),
  departure AS (INSERT INTO userapi.departures (account_nid, due_ts) VALUES ($1, $5) ON CONFLICT (account_nid) DO NOTHING),
  log AS (DELETE FROM userapi.user_log WHERE localpart = $2 AND (kind = 'account_data' OR kind = 'profile' AND $3::boolean)),
  changes AS (
    SELECT row_number() OVER () AS ordinal, $2::text AS localpart, kind, NULL::text AS room_id, key, NULL::text AS value, gone
    FROM (
      SELECT 'device' AS kind, device_id AS key, true AS gone FROM devices
      UNION ALL SELECT 'account_deactivated', NULL, $3::boolean
    ) AS change
  ),
  ${logChanges('$4')}
  SELECT * FROM logged ORDER BY position`,
);

/**
 * Closes an account for ever; its localpart stays taken, its profile stays unless it is erased, and its rooms are left later (`departures`). Two statements: whoever signs in meanwhile holds the account's row, and only a
 * statement that begins after that commit sees the new session. Empty when it was closed before.
 */
export function deactivateAccount(
  database: Database,
  account: { readonly localpart: string; readonly erase: boolean; readonly now: number },
  traceparent: string,
): Promise<UserLogRow[]> {
  return database.transaction(async (transaction: Transaction) => {
    const [closed] = await transaction.query<{ nid: number }>(deactivateStatement, [
      account.localpart,
      account.now,
      account.erase,
    ]);
    if (closed === undefined) return [];
    return transaction.query<UserLogRow>(clearStatement, [
      closed.nid,
      account.localpart,
      account.erase,
      traceparent,
      account.now,
    ]);
  });
}
