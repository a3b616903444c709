import { type HistoryVisibility, maySeeEvent } from '@plexus/matrix';
import { type Membership, type MembershipChange, membershipAt } from './membership.ts';

/** Values of `m.room.history_visibility` with their numbers in the index. */
export const visibilities: Readonly<Record<HistoryVisibility, number>> = {
  world_readable: 1,
  shared: 2,
  invited: 3,
  joined: 4,
};

export interface VisibilityChange {
  readonly position: number;
  readonly visibility: HistoryVisibility;
}

export function visibilityOf(number: number): HistoryVisibility {
  if (number === 1) return 'world_readable';
  if (number === 3) return 'invited';
  return number === 4 ? 'joined' : 'shared';
}

/** What a user may see of a room, as the changes of their membership and of the room's visibility say. */
export interface RoomHistory {
  /** In order of position. */
  readonly memberships: readonly MembershipChange[];
  readonly visibilities: readonly VisibilityChange[];
}

/**
 * Whether the user may see the event at this position of the room log: the state before it is that of the entry before, the state after it
 * that of its own entry. Client-server API, "Room History Visibility".
 */
export function isVisible({ memberships, visibilities: changes }: RoomHistory, position: number): boolean {
  return maySeeEvent({
    visibility: visibilityAt(changes, position - 1),
    membership: membershipAt(memberships, position - 1) ?? 'leave',
    visibilityAfter: visibilityAt(changes, position),
    membershipAfter: membershipAt(memberships, position) ?? 'leave',
    joinedSince: isJoinedSince(memberships, position),
  });
}

export function isJoinedSince(memberships: readonly MembershipChange[], position: number): boolean {
  return (
    membershipAt(memberships, position) === 'join' ||
    memberships.some((change) => change.membership === 'join' && change.position > position)
  );
}

function visibilityAt(changes: readonly VisibilityChange[], position: number): HistoryVisibility {
  let visibility: HistoryVisibility = 'shared';
  for (const change of changes) {
    if (change.position > position) break;
    visibility = change.visibility;
  }
  return visibility;
}

/**
 * The newest position whose events the user may see at all: none for members, the leaving for those who left, and nothing bounds a room that
 * the world may read now. Undefined when the room is closed to them.
 */
export function readableUpTo(history: RoomHistory): number | undefined {
  const current: Membership | undefined = history.memberships.at(-1)?.membership;
  if (current === 'join') return Number.MAX_SAFE_INTEGER;
  if (visibilityAt(history.visibilities, Number.MAX_SAFE_INTEGER) === 'world_readable') return Number.MAX_SAFE_INTEGER;
  return lastLeaving(history.memberships);
}

/** Where the user last ceased to be joined; undefined when they never were, or are. */
export function lastLeaving(memberships: readonly MembershipChange[]): number | undefined {
  for (let index = memberships.length - 1; index > 0; index--) {
    if (memberships[index - 1]?.membership === 'join') return memberships[index]?.position;
  }
  return undefined;
}
