import { type Queryable, sql } from '@plexus/postgres';

/** ($1 room id): the sizes that accounts are charged for go with the data. Accounts are locked in their order. */
const deleteAccountData = sql(
  'userapi_delete_room_account_data',
  `WITH owners AS MATERIALIZED (
     SELECT nid FROM userapi.accounts WHERE nid IN (SELECT account_nid FROM userapi.account_data WHERE room_id = $1)
     ORDER BY nid FOR NO KEY UPDATE),
   gone AS (
     DELETE FROM userapi.account_data USING owners WHERE room_id = $1 AND account_nid = nid RETURNING account_nid, bytes),
   freed AS (SELECT account_nid, sum(bytes) AS bytes FROM gone GROUP BY account_nid)
   UPDATE userapi.accounts SET account_data_bytes = account_data_bytes - freed.bytes FROM freed WHERE nid = freed.account_nid`,
);

/** ($1 room id) */
const deleteLogEntries = sql('userapi_delete_room_log', 'DELETE FROM userapi.user_log WHERE room_id = $1');

/** Removes what all users have of a room; twice is once. */
export async function deleteRoomRows(database: Queryable, roomId: string): Promise<void> {
  await database.query(deleteAccountData, [roomId]);
  await database.query(deleteLogEntries, [roomId]);
}
