import { type Membership, type MembershipChange, membershipAt } from './membership.ts';

/** `m.room.history_visibility`, with its numbers in the index. */
export const visibilities = { world_readable: 1, shared: 2, invited: 3, joined: 4 } as const;
export type HistoryVisibility = keyof typeof visibilities;

export interface VisibilityChange {
  readonly position: number;
  readonly visibility: HistoryVisibility;
}

export function isHistoryVisibility(value: unknown): value is HistoryVisibility {
  return typeof value === 'string' && Object.hasOwn(visibilities, value);
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
 * Whether the user may see the event at this position of the room log. Client-server API, "Server behaviour" of room history visibility.
 * An event that changes the user's own membership, or the visibility, is seen when either what it replaced or what it brought allows it.
 */
export function isVisible(history: RoomHistory, position: number): boolean {
  return allowed(history, position, position - 1) || allowed(history, position, position);
}

function allowed({ memberships, visibilities: changes }: RoomHistory, position: number, at: number): boolean {
  const membership = membershipAt(memberships, at);
  if (membership === 'join') return true;
  const visibility = visibilityAt(changes, at);
  if (visibility === 'world_readable') return true;
  if (visibility === 'shared') return joinedAfter(memberships, position);
  return visibility === 'invited' && membership === 'invite' ? joinedAfter(memberships, position) : false;
}

function joinedAfter(memberships: readonly MembershipChange[], position: number): boolean {
  return memberships.some((change) => change.membership === 'join' && change.position > position);
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
  const left = lastLeaving(history.memberships);
  return left;
}

function lastLeaving(memberships: readonly MembershipChange[]): number | undefined {
  for (let index = memberships.length - 1; index > 0; index--) {
    if (memberships[index - 1]?.membership === 'join') return memberships[index]?.position;
  }
  return undefined;
}
