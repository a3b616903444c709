import { type Queryable, sql } from '@plexus/postgres';
import { logChanges, type UserLogRow } from './user-log.ts';

export type ProfileRow = {
  readonly localpart: string;
  /** NULL: the account has no fields. */
  readonly field: string | null;
  readonly value: string | null;
};

const readStatement = sql(
  'userapi_read_profiles',
  `SELECT localpart, field, value
   FROM userapi.accounts LEFT JOIN userapi.profile_fields ON profile_fields.account_nid = accounts.nid
   WHERE localpart = ANY ($1::text[]) AND NOT erased`,
);

export function readProfiles(database: Queryable, localparts: readonly string[]): Promise<ProfileRow[]> {
  return database.query<ProfileRow>(readStatement, [localparts]);
}

export type ProfileWrite =
  | { readonly outcome: 'written'; readonly logged: UserLogRow[] }
  | { readonly outcome: 'noAccount' | 'tooLarge' };

/** Locking the account's row makes writers of one profile wait for each other; the size of the other fields is of the statement's start. */
const setStatement = sql(
  'userapi_set_profile_field',
  `WITH account AS (
    SELECT nid, localpart,
      $3::text IS NULL OR octet_length($2) + octet_length($3) + (
        SELECT COALESCE(sum(octet_length(field) + octet_length(value)), 0) FROM userapi.profile_fields
        WHERE account_nid = accounts.nid AND field <> $2
      ) <= $4 AS fits
    FROM userapi.accounts WHERE localpart = $1 AND deactivated_ts IS NULL FOR NO KEY UPDATE
  ),
  written AS (
    INSERT INTO userapi.profile_fields AS stored (account_nid, field, value)
    SELECT nid, $2, $3 FROM account WHERE fits AND $3::text IS NOT NULL
    ON CONFLICT (account_nid, field) DO UPDATE SET value = excluded.value WHERE stored.value <> excluded.value
    RETURNING field
  ),
  removed AS (
    DELETE FROM userapi.profile_fields USING account
    WHERE account_nid = account.nid AND field = $2 AND $3::text IS NULL
    RETURNING field
  ),
  changes AS (
    SELECT 1 AS ordinal, $1::text AS localpart, 'profile' AS kind, NULL::text AS room_id, field AS key, $3::text AS value, false AS gone
    FROM (SELECT field FROM written UNION ALL SELECT field FROM removed) AS changed
  ),
  ${logChanges('$5')}
  SELECT account.fits, logged.* FROM account LEFT JOIN logged ON true`,
);

/** Sets a field of a profile, or removes it (value undefined). Writing what is there already changes and logs nothing. */
export async function writeProfileField(
  database: Queryable,
  change: { readonly localpart: string; readonly field: string; readonly value: string | undefined },
  maxProfileBytes: number,
  traceparent: string,
): Promise<ProfileWrite> {
  const { localpart, field, value } = change;
  const [row] = await database.query<Nullable<UserLogRow> & { fits: boolean }>(setStatement, [
    localpart,
    field,
    value ?? null,
    maxProfileBytes,
    traceparent,
  ]);
  if (row === undefined) return { outcome: 'noAccount' };
  const { fits, ...logged } = row;
  if (!fits) return { outcome: 'tooLarge' };
  return { outcome: 'written', logged: isLogged(logged) ? [logged] : [] };
}

type Nullable<Row> = { readonly [Column in keyof Row]: Row[Column] | null };

function isLogged(row: Nullable<UserLogRow>): row is UserLogRow {
  return row.position !== null;
}
