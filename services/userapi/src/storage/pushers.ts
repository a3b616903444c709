import { type Queryable, sql } from '@plexus/postgres';

export type PusherRow = {
  readonly app_id: string;
  readonly pushkey: string;
  readonly kind: string;
  readonly app_display_name: string;
  readonly device_display_name: string;
  readonly profile_tag: string | null;
  readonly lang: string;
  /** JSON object. */
  readonly data: string;
};

const listStatement = sql(
  'userapi_list_pushers',
  `SELECT app_id, pushkey, kind, app_display_name, device_display_name, profile_tag, lang, data
   FROM userapi.pushers JOIN userapi.accounts ON nid = account_nid
   WHERE localpart = $1 AND deactivated_ts IS NULL ORDER BY pushers.created_ts, app_id, pushkey`,
);

export function listPushers(database: Queryable, localpart: string): Promise<PusherRow[]> {
  return database.query<PusherRow>(listStatement, [localpart]);
}

/** The account's row is locked, so that a pusher is not stored beside its deactivation. */
const storeStatement = sql(
  'userapi_store_pusher',
  `WITH account AS (
    SELECT nid, (SELECT count(*) FROM userapi.pushers WHERE account_nid = nid AND (app_id, pushkey) <> ($2, $3)) < $11::integer AS fits
    FROM userapi.accounts WHERE localpart = $1 AND deactivated_ts IS NULL FOR NO KEY UPDATE
  ),
  taken AS (
    DELETE FROM userapi.pushers USING account
    WHERE fits AND NOT $12::boolean AND app_id = $2 AND pushkey = $3 AND account_nid <> nid
  ),
  stored AS (
    INSERT INTO userapi.pushers (account_nid, app_id, pushkey, device_id, kind, app_display_name, device_display_name, profile_tag,
      lang, data, created_ts)
    SELECT nid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $13::bigint FROM account WHERE fits
    ON CONFLICT (account_nid, app_id, pushkey) DO UPDATE SET device_id = excluded.device_id, kind = excluded.kind,
      app_display_name = excluded.app_display_name, device_display_name = excluded.device_display_name,
      profile_tag = excluded.profile_tag, lang = excluded.lang, data = excluded.data
  )
  SELECT fits FROM account`,
);

/** Stores a pusher or replaces it; unless `append`, pushers of the same application and key of other users go. */
export async function storePusher(
  database: Queryable,
  localpart: string,
  pusher: PusherRow,
  options: {
    readonly deviceId: string | undefined;
    readonly append: boolean;
    readonly now: number;
    readonly maxPushers: number;
  },
): Promise<'stored' | 'noAccount' | 'tooMany'> {
  const [account] = await database.query<{ fits: boolean }>(storeStatement, [
    localpart,
    pusher.app_id,
    pusher.pushkey,
    options.deviceId ?? null,
    pusher.kind,
    pusher.app_display_name,
    pusher.device_display_name,
    pusher.profile_tag,
    pusher.lang,
    pusher.data,
    options.maxPushers,
    options.append,
    options.now,
  ]);
  if (account === undefined) return 'noAccount';
  return account.fits ? 'stored' : 'tooMany';
}

const deleteStatement = sql(
  'userapi_delete_pusher',
  `DELETE FROM userapi.pushers USING userapi.accounts
   WHERE account_nid = nid AND localpart = $1 AND app_id = $2 AND pushkey = $3`,
);

export async function deletePusher(
  database: Queryable,
  localpart: string,
  appId: string,
  pushkey: string,
): Promise<void> {
  await database.query(deleteStatement, [localpart, appId, pushkey]);
}
