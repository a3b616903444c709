import { type HistoryVisibility, maySeeEvent } from '@plexus/matrix';
import { type Membership, type MembershipChange, membershipAt } from '../domain/membership.ts';
import type { VisibilityChange } from '../domain/visibility.ts';

/**
 * What decides which events of a room a user may see: the changes of their membership and of the room's
 * visibility, by position.
 */
export interface RoomHistory {
  readonly memberships: readonly MembershipChange[];
  readonly visibilities: readonly VisibilityChange[];
}

/** The position after all events. */
export const now = Number.MAX_SAFE_INTEGER;

/**
 * Whether the user may see the event at this position of the room log: the state before it is that of the
 * entry before, the state after it that of its own entry. Client-server API, "Room History Visibility".
 */
export function isVisible(history: RoomHistory, position: number): boolean {
  const { memberships, visibilities } = history;
  return maySeeEvent({
    visibility: visibilityAt(visibilities, position - 1),
    membership: membershipAt(memberships, position - 1) ?? 'leave',
    visibilityAfter: visibilityAt(visibilities, position),
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

/**
 * The newest position whose events the user may see: `now` while new ones are visible, otherwise where
 * visibility ended, for example the user's own leave event. Undefined when the user may see nothing of the
 * room.
 */
export function readableUpTo(history: RoomHistory): number | undefined {
  return isVisible(history, now) ? now : boundaries(history).findLast(({ isReadable }) => isReadable)?.position;
}

/** The first position from this one on whose events the user may see; undefined when there is none. */
export function readableFrom(history: RoomHistory, position: number): number | undefined {
  if (isVisible(history, position)) return position;
  for (const boundary of boundaries(history)) {
    if (boundary.position > position && boundary.isReadable) return boundary.position;
    if (boundary.position >= position && boundary.isReadableBehind) return boundary.position + 1;
  }
  return undefined;
}

/** Where the user last ceased to be joined; undefined when they never were, or are. */
export function lastLeaving(memberships: readonly MembershipChange[]): number | undefined {
  for (let index = memberships.length - 1; index > 0; index--) {
    if (memberships[index - 1]?.membership === 'join') return memberships[index]?.position;
  }
  return undefined;
}

export function visibilityAt(changes: readonly VisibilityChange[], position: number): HistoryVisibility {
  let visibility: HistoryVisibility = 'shared';
  for (const change of changes) {
    if (change.position > position) break;
    visibility = change.visibility;
  }
  return visibility;
}

interface Boundary {
  readonly position: number;
  /** Whether the event at the position is visible. */
  readonly isReadable: boolean;
  /** Whether the events between it and the next boundary are. */
  readonly isReadableBehind: boolean;
}

/**
 * The positions at which what the user may see can begin or end, in order: those of the changes. One pass
 * over both lists, since a user can make a long list of changes of their own.
 */
function boundaries({ memberships, visibilities }: RoomHistory): Boundary[] {
  const lastJoin = memberships.findLast(({ membership }) => membership === 'join')?.position ?? 0;
  const positions = [...new Set([...memberships, ...visibilities].map(({ position }) => position))].toSorted(
    (left, right) => left - right,
  );
  let membership: Membership = 'leave';
  let visibility: HistoryVisibility = 'shared';
  let nextMembership = 0;
  let nextVisibility = 0;
  return positions.map((position) => {
    const before = { membership, visibility };
    for (; (memberships[nextMembership]?.position ?? now) <= position; nextMembership++)
      membership = memberships[nextMembership]?.membership ?? membership;
    for (; (visibilities[nextVisibility]?.position ?? now) <= position; nextVisibility++)
      visibility = visibilities[nextVisibility]?.visibility ?? visibility;
    const joinedSince = membership === 'join' || lastJoin > position;
    const after = { membershipAfter: membership, visibilityAfter: visibility };
    return {
      position,
      isReadable: maySeeEvent({ ...before, ...after, joinedSince }),
      isReadableBehind: maySeeEvent({ membership, visibility, joinedSince }),
    };
  });
}
