import { ownValue } from '../canonical-json/json-value.ts';
import type { AuthState } from './decision.ts';

/** A user's membership in a state of the room; `leave` when there is none. */
export function membershipOf(user: string, state: AuthState): string {
  const member = state('m.room.member', user);
  const membership = member === undefined ? undefined : ownValue(member.content, 'membership');
  return typeof membership === 'string' ? membership : 'leave';
}
