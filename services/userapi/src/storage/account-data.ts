import { DatabaseError, type Queryable, sql } from '@plexus/postgres';
import { logChanges, type UserLogRow } from './user-log.ts';

export type AccountDataRow = {
  /** '': global. */
  readonly room_id: string;
  readonly type: string;
  readonly content: string;
};

/** One row at least: the position, with no type when there is no data. */
const readStatement = sql(
  'userapi_read_account_data',
  `SELECT counter.position, data.room_id, data.type, data.content
   FROM userapi.log_counter AS counter LEFT JOIN (
     SELECT room_id, type, content FROM userapi.account_data
     WHERE account_nid = (SELECT nid FROM userapi.accounts WHERE localpart = $1)
       AND ($2::text IS NULL OR room_id = $2) AND ($3::text[] IS NULL OR type = ANY ($3))
   ) AS data ON true
   WHERE counter.log = 'USER_LOG' AND counter.partition = 0`,
);

/**
 * Account data of a user, and the log position it is of.
 * @param roomId '' for global data, undefined for that of all rooms too
 * @param types undefined for all
 */
export async function readAccountData(
  database: Queryable,
  localpart: string,
  roomId: string | undefined,
  types: readonly string[] | undefined,
): Promise<{ readonly rows: AccountDataRow[]; readonly position: number }> {
  const rows = await database.query<{ position: number } & { [Column in keyof AccountDataRow]: string | null }>(
    readStatement,
    [localpart, roomId ?? null, types ?? null],
  );
  return {
    position: rows[0]?.position ?? 0,
    rows: rows.flatMap(({ room_id, type, content }) =>
      room_id === null || type === null || content === null ? [] : [{ room_id, type, content }],
    ),
  };
}

export type AccountDataWrite =
  | { readonly outcome: 'written'; readonly logged: UserLogRow[] }
  | { readonly outcome: 'noAccount' | 'quotaExceeded' };

const setStatement = sql(
  'userapi_set_account_data',
  `WITH account AS (
    SELECT nid FROM userapi.accounts WHERE localpart = $1 AND deactivated_ts IS NULL FOR NO KEY UPDATE
  ),
  written AS (
    INSERT INTO userapi.account_data AS stored (account_nid, room_id, type, content, bytes)
    SELECT nid, $2, $3, $4, $5::integer FROM account
    ON CONFLICT (account_nid, room_id, type) DO UPDATE
      SET content = excluded.content, previous_bytes = stored.bytes, bytes = excluded.bytes
    RETURNING account_nid, bytes - previous_bytes AS growth
  ),
  quota AS (
    UPDATE userapi.accounts SET account_data_bytes = account_data_bytes + growth FROM written
    WHERE nid = account_nid AND growth <> 0
  ),
  changes AS (
    SELECT 1 AS ordinal, $1::text AS localpart, 'account_data' AS kind, NULLIF($2, '') AS room_id, $3::text AS key, $4::text AS value,
      false AS gone
    FROM written
  ),
  ${logChanges('$6')}
  SELECT * FROM logged`,
);

/** Stores one item; the last writer wins, in the order of the log. */
export async function writeAccountData(
  database: Queryable,
  item: { readonly localpart: string; readonly roomId: string; readonly type: string; readonly content: string },
  bytes: number,
  traceparent: string,
): Promise<AccountDataWrite> {
  const { localpart, roomId, type, content } = item;
  try {
    const values = [localpart, roomId, type, content, bytes, traceparent];
    const logged = await database.query<UserLogRow>(setStatement, values);
    return logged.length === 0 ? { outcome: 'noAccount' } : { outcome: 'written', logged };
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint === 'accounts_account_data_quota')
      return { outcome: 'quotaExceeded' };
    throw error;
  }
}
