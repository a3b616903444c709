import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import { type Queryable, sql, type Transaction } from '@plexus/postgres';

const upsertChanges = sql(
  'syncapi_upsert_account_data_changes',
  `INSERT INTO syncapi.account_data_change (user_id, room_id, type, position)
   SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
   ON CONFLICT (user_id, room_id, type) DO UPDATE SET position = excluded.position`,
);
const selectChanges = sql(
  'syncapi_select_account_data_changes',
  `SELECT room_id, type FROM syncapi.account_data_change WHERE user_id = $1 AND position > $2`,
);

/** ($1 user ids) */
const deleteOfUsers = sql(
  'syncapi_delete_of_users',
  `WITH changes AS (DELETE FROM syncapi.account_data_change WHERE user_id = ANY($1::text[]))
   DELETE FROM syncapi.filter WHERE user_id = ANY($1::text[])`,
);

/** Notes where account data changed, of a batch of the user log; what is kept of users who were deactivated goes. */
export async function writeAccountDataChanges(
  transaction: Transaction,
  entries: readonly UserLogEntry[],
): Promise<void> {
  const newest = new Map<string, [string, string, string, number]>();
  for (const { userId, position, kind } of entries) {
    if (kind?.$case !== 'accountData') continue;
    const roomId = kind.value.roomId ?? '';
    newest.set(`${userId} ${roomId} ${kind.value.type}`, [userId, roomId, kind.value.type, position]);
  }
  const deactivated = entries.flatMap(({ userId, kind }) => (kind?.$case === 'accountDeactivated' ? [userId] : []));
  if (deactivated.length > 0) await transaction.query(deleteOfUsers, [deactivated]);
  if (newest.size === 0) return;
  const rows = [...newest.values()];
  await transaction.query(upsertChanges, [
    rows.map((row) => row[0]),
    rows.map((row) => row[1]),
    rows.map((row) => row[2]),
    rows.map((row) => row[3]),
  ]);
}

/** Which account data of the user changed after a position of the user log. An empty room id is global account data. */
export async function readAccountDataChanges(
  queryable: Queryable,
  userId: string,
  after: number,
): Promise<{ roomId: string; type: string }[]> {
  const rows = await queryable.query<{ room_id: string; type: string }>(selectChanges, [userId, after]);
  return rows.map((row) => ({ roomId: row.room_id, type: row.type }));
}
