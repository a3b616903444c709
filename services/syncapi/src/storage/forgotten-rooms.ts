import { type Queryable, sql, type Transaction } from '@plexus/postgres';

const upsertForgotten = sql(
  'syncapi_upsert_forgotten',
  `INSERT INTO syncapi.forgotten_room (user_id, room_nid, position)
   SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])
   ON CONFLICT (user_id, room_nid) DO UPDATE SET position = excluded.position`,
);
const selectForgotten = sql(
  'syncapi_select_forgotten',
  `SELECT room_id, position FROM syncapi.forgotten_room JOIN syncapi.room USING (room_nid) WHERE user_id = $1`,
);
const selectForgottenRoom = sql(
  'syncapi_select_forgotten_room',
  'SELECT position FROM syncapi.forgotten_room WHERE user_id = $1 AND room_nid = $2',
);

export interface ForgottenRow {
  readonly userId: string;
  readonly position: number;
}

/** Notes that users have forgotten rooms, of a batch in which each does so once at most. */
export async function writeForgotten(
  transaction: Transaction,
  rows: readonly ForgottenRow[],
  nids: readonly number[],
): Promise<void> {
  const positions = rows.map(({ position }) => position);
  await transaction.query(upsertForgotten, [rows.map(({ userId }) => userId), nids, positions]);
}

/** Where in the room log the user forgot which rooms. */
export async function readForgotten(queryable: Queryable, userId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await queryable.query<{ room_id: string; position: number }>(selectForgotten, [userId]);
  return new Map(rows.map(({ room_id, position }) => [room_id, position]));
}

/** Whether the user has forgotten the room since their membership last changed. */
export async function hasForgotten(
  queryable: Queryable,
  userId: string,
  roomNid: number,
  lastChange: number,
): Promise<boolean> {
  const [row] = await queryable.query<{ position: number }>(selectForgottenRoom, [userId, roomNid]);
  return row !== undefined && row.position > lastChange;
}
