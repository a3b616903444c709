/** The memberships a user can have in a room, with their numbers in the index. */
export const memberships = { join: 1, invite: 2, knock: 3, leave: 4, ban: 5 } as const;
export type Membership = keyof typeof memberships;

const byNumber = new Map<number, Membership>(
  Object.entries(memberships).map(([name, number]) => [number, name as Membership]),
);

export function isMembership(value: unknown): value is Membership {
  return typeof value === 'string' && Object.hasOwn(memberships, value);
}

export function membershipOf(number: number): Membership {
  return byNumber.get(number) ?? 'leave';
}

/** A change of one user's membership in one room. */
export interface MembershipChange {
  readonly position: number;
  readonly membership: Membership;
}

/** The membership in force at a position, by changes in order; undefined before the first. */
export function membershipAt(changes: readonly MembershipChange[], position: number): Membership | undefined {
  let membership: Membership | undefined;
  for (const change of changes) {
    if (change.position > position) break;
    membership = change.membership;
  }
  return membership;
}

/**
 * A user's membership at events, by all of its changes: what `unsigned.membership` says (MSC4115). Undefined
 * where an event has no position.
 */
export function membershipAtEvents(
  changes: readonly MembershipChange[],
): (event: { readonly position: number }) => string | undefined {
  return ({ position }) => (position === 0 ? undefined : (membershipAt(changes, position) ?? 'leave'));
}
