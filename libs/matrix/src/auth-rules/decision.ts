import type { Pdu } from '../events/pdu.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomId } from '../identifiers/room-id.ts';

/** The state event of a type and state key, in whatever state the event is judged by. */
export type AuthState = (type: string, stateKey: string) => Pdu | undefined;

/** What the rules look at: an event, or one that is yet to be built. */
export type EventToAuthorise = Pick<Pdu, 'type' | 'stateKey' | 'sender' | 'content' | 'prevEvents' | 'redacts'> & {
  /** Undefined only for the create event of a room whose id is that event's hash. */
  readonly roomId: RoomId | undefined;
  /** Looked at in room versions 1 and 2 only. */
  readonly eventId?: EventId;
};

/** Which rule an event broke. */
export type AuthRefusal =
  | 'create_has_prev_events'
  | 'create_room_id_of_another_server'
  | 'unknown_room_version'
  | 'create_without_creator'
  | 'invalid_additional_creators'
  | 'no_create_event'
  | 'identifier_too_long'
  | 'duplicate_auth_event'
  | 'unexpected_auth_event'
  | 'rejected_auth_event'
  | 'auth_event_of_another_room'
  | 'room_does_not_federate'
  | 'aliases_of_another_server'
  | 'member_without_state_key_or_membership'
  | 'invalid_authorising_user'
  | 'unknown_membership'
  | 'sender_is_not_target'
  | 'banned'
  | 'join_rule_forbids'
  | 'authorising_user_may_not_invite'
  | 'invalid_third_party_invite'
  | 'third_party_invite_not_signed'
  | 'already_joined_or_banned'
  | 'sender_not_joined'
  | 'insufficient_power'
  | 'target_has_as_much_power'
  | 'nothing_to_leave'
  | 'already_invited_joined_or_banned'
  | 'state_key_of_another_user'
  | 'invalid_power_levels'
  | 'creator_in_power_levels'
  | 'power_level_above_own'
  | 'redaction_not_allowed';

export type AuthDecision = { readonly allowed: true } | { readonly allowed: false; readonly reason: AuthRefusal };

export const allowed: AuthDecision = { allowed: true };

export function refused(reason: AuthRefusal): AuthDecision {
  return { allowed: false, reason };
}
