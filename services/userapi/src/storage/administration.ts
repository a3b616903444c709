import { type Queryable, sql } from '@plexus/postgres';

export type ListedAccountRow = {
  readonly localpart: string;
  readonly admin: boolean;
  readonly appservice_id: string | null;
  readonly created_ts: number;
  readonly deactivated_ts: number | null;
  readonly display_name: string | null;
  readonly devices: number;
  readonly last_seen_ts: number | null;
  readonly account_data_bytes: number;
};

const listStatement = sql(
  'userapi_list_accounts',
  `SELECT localpart, admin, appservice_id, created_ts, deactivated_ts, account_data_bytes,
     (SELECT value FROM userapi.profile_fields WHERE account_nid = nid AND field = 'displayname') AS display_name,
     device.devices, device.last_seen_ts
   FROM userapi.accounts,
     LATERAL (SELECT count(*)::integer AS devices, max(last_seen_ts) AS last_seen_ts FROM userapi.devices WHERE account_nid = nid) AS device
   WHERE ($1::text[] IS NULL OR localpart = ANY ($1)) AND localpart > $2 COLLATE "C"
     AND ($4::boolean OR deactivated_ts IS NULL) AND ($5::boolean OR appservice_id IS NULL)
   ORDER BY localpart LIMIT $3`,
);

export function listAccounts(
  database: Queryable,
  wanted: {
    readonly localparts: readonly string[] | undefined;
    readonly after: string;
    readonly limit: number;
    readonly withDeactivated: boolean;
    readonly withAppservice: boolean;
  },
): Promise<ListedAccountRow[]> {
  const { localparts, after, limit, withDeactivated, withAppservice } = wanted;
  return database.query<ListedAccountRow>(listStatement, [
    localparts ?? null,
    after,
    limit,
    withDeactivated,
    withAppservice,
  ]);
}

const setAdministratorStatement = sql(
  'userapi_set_administrator',
  `UPDATE userapi.accounts SET admin = $2 WHERE localpart = $1 AND deactivated_ts IS NULL RETURNING nid`,
);

/** False when there is no such active account. */
export async function setAdministrator(database: Queryable, localpart: string, admin: boolean): Promise<boolean> {
  return (await database.query(setAdministratorStatement, [localpart, admin])).length === 1;
}
