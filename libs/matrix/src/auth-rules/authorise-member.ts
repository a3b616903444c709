import { isJsonObject, ownValue } from '../canonical-json/json-value.ts';
import { isUserId, type UserId } from '../identifiers/user-id.ts';
import { creatorOf } from './creators.ts';
import { type AuthDecision, type AuthState, allowed, type EventToAuthorise, refused } from './decision.ts';
import { membershipOf } from './membership.ts';
import { type PowerLevelSource, type ScalarLevel, scalarLevel, userPowerLevel } from './power-levels.ts';
import { authoriseThirdPartyInvite } from './third-party-invite.ts';

/** An event that changes the membership of `target`. */
type MemberEvent = EventToAuthorise & { readonly target: string };

/** The rule of `m.room.member`: 5 in room versions 1 to 5 and 12, 4 in between. */
export function authoriseMember(event: EventToAuthorise, state: AuthState, source: PowerLevelSource): AuthDecision {
  const membership = ownValue(event.content, 'membership');
  if (event.stateKey === undefined || membership === undefined)
    return refused('member_without_state_key_or_membership');
  const authoriser = ownValue(event.content, 'join_authorised_via_users_server');
  if (source.rules.restrictedJoin && authoriser !== undefined && !isUserId(authoriser))
    return refused('invalid_authorising_user');
  const member = { ...event, target: event.stateKey };
  switch (membership) {
    case 'join':
      return authoriseJoin(member, state, source);
    case 'invite':
      return authoriseInvite(member, state, source);
    case 'leave':
      return authoriseLeave(member, state, source);
    case 'ban':
      return authoriseBan(member, state, source);
    case 'knock':
      return source.rules.knock ? authoriseKnock(member, state, source) : refused('unknown_membership');
    default:
      return refused('unknown_membership');
  }
}

function authoriseJoin(event: MemberEvent, state: AuthState, source: PowerLevelSource): AuthDecision {
  if (isFirstJoin(event, source)) return allowed;
  if (event.sender !== event.target) return refused('sender_is_not_target');
  const membership = membershipOf(event.sender, state);
  if (membership === 'ban') return refused('banned');
  const admitted = membership === 'invite' || membership === 'join';
  const { rules } = source;
  switch (joinRule(state)) {
    case 'public':
      return allowed;
    case 'invite':
      return admitted ? allowed : refused('join_rule_forbids');
    case 'knock':
      return rules.knock && admitted ? allowed : refused('join_rule_forbids');
    case 'restricted':
      return rules.restrictedJoin
        ? authoriseRestrictedJoin(event, admitted, state, source)
        : refused('join_rule_forbids');
    case 'knock_restricted':
      return rules.knockRestricted
        ? authoriseRestrictedJoin(event, admitted, state, source)
        : refused('join_rule_forbids');
    default:
      return refused('join_rule_forbids');
  }
}

function isFirstJoin({ prevEvents, target }: MemberEvent, { create, rules }: PowerLevelSource): boolean {
  if (create === undefined || prevEvents.length !== 1 || prevEvents[0] !== create.eventId) return false;
  return target === creatorOf(create, rules);
}

function authoriseRestrictedJoin(
  event: MemberEvent,
  admitted: boolean,
  state: AuthState,
  source: PowerLevelSource,
): AuthDecision {
  if (admitted) return allowed;
  const authoriser = ownValue(event.content, 'join_authorised_via_users_server');
  if (!isUserId(authoriser)) return refused('join_rule_forbids');
  const mayInvite = membershipOf(authoriser, state) === 'join' && hasLevel(authoriser, 'invite', source);
  return mayInvite ? allowed : refused('authorising_user_may_not_invite');
}

function authoriseInvite(event: MemberEvent, state: AuthState, source: PowerLevelSource): AuthDecision {
  const targetMembership = membershipOf(event.target, state);
  const thirdParty = ownValue(event.content, 'third_party_invite');
  if (thirdParty !== undefined) {
    if (targetMembership === 'ban') return refused('banned');
    return isJsonObject(thirdParty)
      ? authoriseThirdPartyInvite(thirdParty, event.target, event.sender, state)
      : refused('invalid_third_party_invite');
  }
  if (membershipOf(event.sender, state) !== 'join') return refused('sender_not_joined');
  if (targetMembership === 'join' || targetMembership === 'ban') return refused('already_joined_or_banned');
  return hasLevel(event.sender, 'invite', source) ? allowed : refused('insufficient_power');
}

function authoriseLeave(event: MemberEvent, state: AuthState, source: PowerLevelSource): AuthDecision {
  const senderMembership = membershipOf(event.sender, state);
  if (event.sender === event.target) {
    const leavable = source.rules.knock ? ['invite', 'join', 'knock'] : ['invite', 'join'];
    return leavable.includes(senderMembership) ? allowed : refused('nothing_to_leave');
  }
  if (senderMembership !== 'join') return refused('sender_not_joined');
  if (membershipOf(event.target, state) === 'ban' && !hasLevel(event.sender, 'ban', source))
    return refused('insufficient_power');
  if (!hasLevel(event.sender, 'kick', source)) return refused('insufficient_power');
  return outranks(event, source) ? allowed : refused('target_has_as_much_power');
}

function authoriseBan(event: MemberEvent, state: AuthState, source: PowerLevelSource): AuthDecision {
  if (membershipOf(event.sender, state) !== 'join') return refused('sender_not_joined');
  if (!hasLevel(event.sender, 'ban', source)) return refused('insufficient_power');
  return outranks(event, source) ? allowed : refused('target_has_as_much_power');
}

function authoriseKnock(event: MemberEvent, state: AuthState, { rules }: PowerLevelSource): AuthDecision {
  const rule = joinRule(state);
  if (rule !== 'knock' && !(rule === 'knock_restricted' && rules.knockRestricted)) return refused('join_rule_forbids');
  if (event.sender !== event.target) return refused('sender_is_not_target');
  const settled = ['ban', 'invite', 'join'].includes(membershipOf(event.sender, state));
  return settled ? refused('already_invited_joined_or_banned') : allowed;
}

/** Without join rules a room is by invitation. */
function joinRule(state: AuthState): string {
  const joinRules = state('m.room.join_rules', '');
  const rule = joinRules === undefined ? 'invite' : ownValue(joinRules.content, 'join_rule');
  return typeof rule === 'string' ? rule : 'invalid';
}

function hasLevel(user: UserId, key: ScalarLevel, source: PowerLevelSource): boolean {
  return userPowerLevel(user, source) >= scalarLevel(key, source.powerLevels, source.rules);
}

function outranks({ sender, target }: MemberEvent, source: PowerLevelSource): boolean {
  const targetLevel = isUserId(target)
    ? userPowerLevel(target, source)
    : scalarLevel('users_default', source.powerLevels, source.rules);
  return targetLevel < userPowerLevel(sender, source);
}
