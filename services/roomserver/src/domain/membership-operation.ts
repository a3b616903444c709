import { isLocal, type ServerName, type UserId } from '@plexus/matrix';
import type { Refusal } from './refusal.ts';

/**
 * What a member event is meant to do. The content alone does not say it: the same `leave` removes a member, lifts a ban, rejects an invite
 * or withdraws one.
 */
export type MembershipOperation = 'join' | 'invite' | 'leave' | 'kick' | 'ban' | 'unban' | 'knock' | 'update_profile';

export interface MembershipChange {
  readonly operation: MembershipOperation;
  readonly target: UserId;
  /** The target's membership in the state that the event is built on; undefined when there never was one. */
  readonly current: string | undefined;
}

/**
 * What an operation asks for beside the auth rules of the room's version, which have judged the event before: only who may change a
 * membership is told what it is. Client-Server API, "Room membership".
 */
export function refusalOfMembership(
  { operation, target, current }: MembershipChange,
  serverName: ServerName,
): Refusal | undefined {
  switch (operation) {
    case 'kick':
      return isInside(current) ? undefined : { kind: 'user_not_in_room' };
    case 'unban':
      return current === 'ban' ? undefined : { kind: 'user_not_banned' };
    case 'update_profile':
      return current === 'join' ? undefined : { kind: 'user_not_in_room' };
    case 'invite':
      // Other servers cannot be told of an invite yet, so none is made that its user would never learn of.
      return isLocal(target, serverName) ? undefined : { kind: 'invite_of_remote_user' };
    case 'join':
    case 'leave':
    case 'knock':
    case 'ban':
      return undefined;
  }
}

/** The operation of a member event that a client set as state. Undefined for a membership that is none. */
export function operationOf(
  membership: unknown,
  { isOwn, current }: { readonly isOwn: boolean; readonly current: string | undefined },
): MembershipOperation | undefined {
  switch (membership) {
    case 'join':
    case 'invite':
    case 'ban':
    case 'knock':
      return membership;
    case 'leave':
      if (isOwn) return 'leave';
      return current === 'ban' ? 'unban' : 'kick';
    default:
      return undefined;
  }
}

/** Whether there is something to be removed from. */
function isInside(membership: string | undefined): boolean {
  return membership === 'join' || membership === 'invite' || membership === 'knock';
}
