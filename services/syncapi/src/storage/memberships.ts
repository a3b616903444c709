import { type Queryable, sql } from '@plexus/postgres';
import { type Membership, type MembershipChange, membershipOf } from '../domain/membership.ts';

export interface StoredMembership {
  readonly roomId: string;
  readonly membership: Membership;
  readonly position: number;
  readonly strippedState: string;
}

interface MembershipRow {
  readonly room_id: string;
  readonly membership: number;
  readonly position: number;
  readonly stripped_state: string | null;
}

const selectMemberships = sql(
  'syncapi_select_memberships',
  `SELECT room_id, membership, position, stripped_state
   FROM syncapi.current_membership JOIN syncapi.room USING (room_nid)
   WHERE user_id = $1 AND is_local AND membership = ANY($2::smallint[])`,
);
const selectIndexedPosition = sql(
  'syncapi_select_indexed_position',
  `SELECT position FROM syncapi.consumer_position WHERE log = 'ROOM_LOG' AND partition = 0`,
);
const selectChangedRooms = sql(
  'syncapi_select_changed_memberships',
  `SELECT room_id, membership, position FROM syncapi.membership_change JOIN syncapi.room USING (room_nid)
   WHERE user_id = $1 AND position <= $3 AND room_nid IN (
     SELECT room_nid FROM syncapi.membership_change WHERE user_id = $1 AND position > $2 AND position <= $3)
   ORDER BY position`,
);
const selectChanges = sql(
  'syncapi_select_membership_changes',
  `SELECT room_nid, membership, position FROM syncapi.membership_change
   WHERE user_id = $1 AND room_nid = ANY($2::integer[]) ORDER BY position`,
);

/** The user's rooms by membership (numbers of the index), and the position up to which that is true. */
export async function readMemberships(
  queryable: Queryable,
  userId: string,
  memberships: readonly number[],
): Promise<{ memberships: StoredMembership[]; indexedUpTo: number }> {
  const rows = await queryable.query<MembershipRow>(selectMemberships, [userId, memberships]);
  // Read second: never lower than what the rows have seen.
  const [indexed] = await queryable.query<{ position: number }>(selectIndexedPosition, []);
  return { memberships: rows.map(toMembership), indexedUpTo: indexed?.position ?? 0 };
}

/** Whole histories, up to `upTo`, of the user's rooms in which their membership changed after `after`. */
export async function readChangedMemberships(
  queryable: Queryable,
  userId: string,
  after: number,
  upTo: number,
): Promise<Map<string, MembershipChange[]>> {
  const rows = await queryable.query<{ room_id: string; membership: number; position: number }>(selectChangedRooms, [
    userId,
    after,
    upTo,
  ]);
  return groupBy(rows, (row) => row.room_id, toChange);
}

/** Every membership the user had in these rooms, by room number, in order. */
export async function readMembershipChanges(
  queryable: Queryable,
  userId: string,
  roomNids: readonly number[],
): Promise<Map<number, MembershipChange[]>> {
  const rows = await queryable.query<{ room_nid: number; membership: number; position: number }>(selectChanges, [
    userId,
    roomNids,
  ]);
  return groupBy(rows, (row) => row.room_nid, toChange);
}

export function groupBy<Row, Key, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => Key,
  toValue: (row: Row) => Value,
): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [toValue(row)]);
    else group.push(toValue(row));
  }
  return groups;
}

function toChange(row: { readonly membership: number; readonly position: number }): MembershipChange {
  return { position: row.position, membership: membershipOf(row.membership) };
}

function toMembership(row: MembershipRow): StoredMembership {
  return {
    roomId: row.room_id,
    membership: membershipOf(row.membership),
    position: row.position,
    strippedState: row.stripped_state ?? '',
  };
}
