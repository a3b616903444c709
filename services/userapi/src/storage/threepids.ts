import { type Queryable, sql } from '@plexus/postgres';

export type ThreepidRow = {
  readonly medium: string;
  readonly address: string;
  readonly validated_ts: number;
  readonly added_ts: number;
};

const listStatement = sql(
  'userapi_list_threepids',
  `SELECT medium, address, validated_ts, added_ts FROM userapi.threepids JOIN userapi.accounts ON nid = account_nid
   WHERE localpart = $1 AND deactivated_ts IS NULL ORDER BY added_ts, medium, address`,
);

/** The e-mail addresses and telephone numbers of a user. */
export function listThreepids(database: Queryable, localpart: string): Promise<ThreepidRow[]> {
  return database.query<ThreepidRow>(listStatement, [localpart]);
}
