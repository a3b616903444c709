import { type Queryable, sql } from '@plexus/postgres';

export type DepartureRow = { readonly nid: number; readonly localpart: string; readonly refused_rooms: string[] };

const claimStatement = sql(
  'userapi_claim_departure',
  `WITH due AS (
     SELECT account_nid FROM userapi.departures WHERE due_ts <= $1 ORDER BY due_ts LIMIT 1 FOR UPDATE SKIP LOCKED
   )
   UPDATE userapi.departures AS departure SET due_ts = $2 FROM due, userapi.accounts
   WHERE departure.account_nid = due.account_nid AND nid = due.account_nid
   RETURNING nid, localpart, refused_rooms`,
);

/** A deactivated user who has yet to leave rooms; until `claimedUntil` no other process takes them up. */
export async function claimDeparture(
  database: Queryable,
  now: number,
  claimedUntil: number,
): Promise<DepartureRow | undefined> {
  const [row] = await database.query<DepartureRow>(claimStatement, [now, claimedUntil]);
  return row;
}

const continueStatement = sql(
  'userapi_continue_departure',
  'UPDATE userapi.departures SET due_ts = $2, refused_rooms = refused_rooms || $3::text[] WHERE account_nid = $1',
);

/** More is to be done from then on; these rooms are not tried again. */
export async function continueDeparture(
  database: Queryable,
  nid: number,
  dueTs: number,
  refusedRooms: readonly string[],
): Promise<void> {
  await database.query(continueStatement, [nid, dueTs, refusedRooms]);
}

const endStatement = sql('userapi_end_departure', 'DELETE FROM userapi.departures WHERE account_nid = $1');

export async function endDeparture(database: Queryable, nid: number): Promise<void> {
  await database.query(endStatement, [nid]);
}
