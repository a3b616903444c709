import { ownValue } from '../canonical-json/json-value.ts';
import type { Pdu } from '../events/pdu.ts';
import { createEventOfRoomId } from '../identifiers/room-id.ts';
import { serverNameOf } from '../identifiers/server-of.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { authoriseCreate } from './authorise-create.ts';
import { authoriseMember } from './authorise-member.ts';
import { authorisePowerLevels } from './authorise-power-levels.ts';
import { type AuthDecision, type AuthState, allowed, type EventToAuthorise, refused } from './decision.ts';
import { membershipOf } from './membership.ts';
import { type PowerLevelSource, requiredPowerLevel, scalarLevel, userPowerLevel } from './power-levels.ts';

/**
 * Judges an event by a state of the room: that of its auth_events, that before it, or the current one. `state` must answer
 * for the create event in every room version. What is judged elsewhere: its auth_events themselves (checkAuthEvents) and its
 * signatures, that of an authorising user's server included (requiredSigners). Room version pages, "Authorisation rules".
 */
export function authorise(event: EventToAuthorise, state: AuthState, rules: RoomVersionRules): AuthDecision {
  if (event.type === 'm.room.create') return authoriseCreate(event, rules);
  const create = state('m.room.create', '');
  if (create === undefined || !isCreateEventOf(event, create, rules)) return refused('no_create_event');
  if (ownValue(create.content, 'm.federate') === false && serverNameOf(event.sender) !== serverNameOf(create.sender))
    return refused('room_does_not_federate');
  if (event.type === 'm.room.aliases' && rules.aliasesRule)
    return event.stateKey === serverNameOf(event.sender) ? allowed : refused('aliases_of_another_server');
  const source = { create, powerLevels: state('m.room.power_levels', ''), rules };
  if (event.type === 'm.room.member') return authoriseMember(event, state, source);
  return membershipOf(event.sender, state) === 'join' ? authoriseOther(event, source) : refused('sender_not_joined');
}

/**
 * Judges an event that a user of this server wants to send: by the auth rules, and by what they leave to the server. Up to
 * room version 5 they let every user of a server set that server's `m.room.aliases`; here it takes what other state takes.
 */
export function authoriseUser(event: EventToAuthorise, state: AuthState, rules: RoomVersionRules): AuthDecision {
  const decision = authorise(event, state, rules);
  if (!decision.allowed || event.type !== 'm.room.aliases' || !rules.aliasesRule) return decision;
  const source = { create: state('m.room.create', ''), powerLevels: state('m.room.power_levels', ''), rules };
  return membershipOf(event.sender, state) === 'join' ? authoriseOther(event, source) : refused('sender_not_joined');
}

function authoriseOther(event: EventToAuthorise, source: PowerLevelSource): AuthDecision {
  const { type, sender, stateKey } = event;
  const { powerLevels, rules } = source;
  const level = userPowerLevel(sender, source);
  if (type === 'm.room.third_party_invite')
    return level >= scalarLevel('invite', powerLevels, rules) ? allowed : refused('insufficient_power');
  if (level < requiredPowerLevel(type, stateKey !== undefined, source)) return refused('insufficient_power');
  if (stateKey?.startsWith('@') && stateKey !== sender) return refused('state_key_of_another_user');
  if (type === 'm.room.power_levels') return authorisePowerLevels(event, level, source);
  if (type === 'm.room.redaction' && rules.redactionsAuthorised) return authoriseRedaction(event, level, source);
  return allowed;
}

/** Rule 11 of room versions 1 and 2. Later, redactions are judged when they are applied (mayRedact). */
function authoriseRedaction(
  event: EventToAuthorise,
  level: number,
  { powerLevels, rules }: PowerLevelSource,
): AuthDecision {
  if (level >= scalarLevel('redact', powerLevels, rules)) return allowed;
  const own = domainOf(event.eventId);
  return own !== undefined && own === domainOf(event.redacts) ? allowed : refused('redaction_not_allowed');
}

function domainOf(eventId: string | undefined): string | undefined {
  const colon = eventId?.indexOf(':') ?? -1;
  return colon < 0 ? undefined : eventId?.slice(colon + 1);
}

function isCreateEventOf(event: EventToAuthorise, create: Pdu, rules: RoomVersionRules): boolean {
  if (!rules.roomIdIsCreateEventHash) return create.roomId === event.roomId;
  return event.roomId !== undefined && createEventOfRoomId(event.roomId) === create.eventId;
}
