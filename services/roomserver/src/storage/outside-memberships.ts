import { type Queryable, sql } from '@plexus/postgres';
import { membershipName } from '../domain/membership.ts';

/** A local user's membership of a room that nobody of this server is in. */
export interface OutsideMembership {
  readonly membership: string;
  /** The number of its event. */
  readonly event: number;
  /** Who sent the event: for an invite the inviter. */
  readonly sender: string;
}

const selectOutsideMembership = sql(
  'roomserver_select_outside_membership',
  `SELECT m.membership, m.event, s.user_id AS sender FROM roomserver.rooms r
   JOIN roomserver.users u ON u.user_id = $2
   JOIN roomserver.memberships m ON m.room = r.room AND m.user_number = u.number
   JOIN roomserver.events e ON e.event = m.event JOIN roomserver.users s ON s.number = e.sender
   WHERE r.room_id = $1`,
);

/** The user's membership of the room as it is known; undefined when there is none. */
export async function readOutsideMembership(
  queryable: Queryable,
  roomId: string,
  userId: string,
): Promise<OutsideMembership | undefined> {
  const rows = await queryable.query<{ membership: number; event: number; sender: string }>(selectOutsideMembership, [
    roomId,
    userId,
  ]);
  const [row] = rows;
  return row === undefined ? undefined : { ...row, membership: membershipName(row.membership) };
}
