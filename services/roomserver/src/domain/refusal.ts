import type { MatrixError } from '@plexus/contracts/common';
import type { AuthRefusal, BuildEventError, JsonError } from '@plexus/matrix';
import { isNotJson } from '@plexus/matrix';

/** Why a command is not carried out: what the client may be told. */
export type Refusal =
  | { readonly kind: 'not_allowed'; readonly reason: AuthRefusal }
  | { readonly kind: 'not_buildable'; readonly reason: BuildEventError }
  | { readonly kind: 'invalid_json'; readonly error: JsonError | undefined }
  | { readonly kind: 'invalid_parameter'; readonly parameter: string }
  | { readonly kind: 'missing_parameter'; readonly parameter: string }
  | { readonly kind: 'unknown_room' }
  | { readonly kind: 'unknown_redaction_target' }
  | { readonly kind: 'redaction_not_allowed' }
  | { readonly kind: 'not_member_of_allowed_room' }
  | { readonly kind: 'no_authorising_user' }
  | { readonly kind: 'unsupported_room_version' }
  | { readonly kind: 'invalid_room_state'; readonly reason: Refusal }
  | { readonly kind: 'room_alias_in_use' }
  | { readonly kind: 'alias_exists' }
  | { readonly kind: 'unknown_alias' }
  | { readonly kind: 'bad_alias' }
  | { readonly kind: 'too_many_aliases' }
  | { readonly kind: 'still_in_room' }
  | { readonly kind: 'user_not_in_room' }
  | { readonly kind: 'user_not_banned' }
  | { readonly kind: 'invite_of_remote_user' }
  | { readonly kind: 'malformed_state'; readonly type: string; readonly key: string }
  | { readonly kind: 'acl_denies_this_server' }
  | { readonly kind: 'blocked_room' }
  | { readonly kind: 'removal_under_way' }
  | { readonly kind: 'upgrade_under_way' }
  | { readonly kind: 'unknown_removal' }
  | { readonly kind: 'unknown_purge_point' }
  | { readonly kind: 'alias_of_another_server' }
  | { readonly kind: 'no_right_over_alias' }
  | { readonly kind: 'no_right_over_directory' };

/** Status, errcode and a sentence for people. Client-Server API, "Standard error response". */
export function matrixErrorOf(refusal: Refusal): MatrixError {
  switch (refusal.kind) {
    case 'not_allowed':
      return refusedByRules(refusal.reason);
    case 'not_buildable':
      return notBuildable(refusal.reason);
    case 'invalid_json':
      return refusal.error !== undefined && isNotJson(refusal.error.code)
        ? matrixError(400, 'M_NOT_JSON', 'The content is not JSON')
        : matrixError(400, 'M_BAD_JSON', 'The content is not a JSON object that an event can hold');
    case 'invalid_parameter':
      return matrixError(400, 'M_INVALID_PARAM', `${refusal.parameter} is not valid`);
    case 'missing_parameter':
      return matrixError(400, 'M_MISSING_PARAM', `${refusal.parameter} is missing`);
    case 'unknown_room':
      return matrixError(404, 'M_NOT_FOUND', 'There is no such room on this server');
    case 'unknown_redaction_target':
      return matrixError(404, 'M_NOT_FOUND', 'There is no such event in this room');
    case 'redaction_not_allowed':
      return matrixError(403, 'M_FORBIDDEN', 'You do not have permission to redact this event');
    case 'not_member_of_allowed_room':
      return matrixError(403, 'M_FORBIDDEN', 'You are in none of the rooms whose members may join this one');
    case 'no_authorising_user':
      return matrixError(403, 'M_FORBIDDEN', 'No user of this server can let you into this room');
    case 'unsupported_room_version':
      return matrixError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'This server does not make rooms of this version');
    case 'invalid_room_state':
      return matrixError(400, 'M_INVALID_ROOM_STATE', matrixErrorOf(refusal.reason).error);
    case 'room_alias_in_use':
      return matrixError(400, 'M_ROOM_IN_USE', 'The room alias is taken');
    case 'alias_exists':
      return matrixError(409, 'M_UNKNOWN', 'The room alias exists already');
    case 'unknown_alias':
      return matrixError(404, 'M_NOT_FOUND', 'There is no such room alias');
    case 'bad_alias':
      return matrixError(400, 'M_BAD_ALIAS', 'A room alias does not point at this room');
    case 'too_many_aliases':
      return matrixError(400, 'M_RESOURCE_LIMIT_EXCEEDED', 'You have made as many room aliases as a user may have');
    case 'still_in_room':
      return matrixError(400, 'M_UNKNOWN', 'You have to leave the room before you can forget it');
    case 'user_not_in_room':
      return matrixError(403, 'M_FORBIDDEN', 'This user is not in the room');
    case 'user_not_banned':
      return matrixError(403, 'M_FORBIDDEN', 'This user is not banned');
    case 'invite_of_remote_user':
      return matrixError(403, 'M_FORBIDDEN', 'Users of other servers cannot be invited');
    case 'malformed_state':
      return matrixError(400, 'M_BAD_JSON', `${refusal.key} is not what clients expect in ${refusal.type}`);
    case 'acl_denies_this_server':
      return matrixError(400, 'M_BAD_JSON', 'The ACL would deny this server itself');
    case 'blocked_room':
      return matrixError(403, 'M_FORBIDDEN', 'This room has been blocked on this server');
    case 'removal_under_way':
      return matrixError(400, 'M_UNKNOWN', 'This room is being deleted or purged already');
    case 'upgrade_under_way':
      return matrixError(400, 'M_UNKNOWN', 'Somebody else is upgrading this room');
    case 'unknown_removal':
      return matrixError(404, 'M_NOT_FOUND', 'There is no such deletion or purge');
    case 'unknown_purge_point':
      return matrixError(404, 'M_NOT_FOUND', 'There is no such event in the timeline of this room');
    case 'alias_of_another_server':
      return matrixError(400, 'M_INVALID_PARAM', 'The room alias does not belong to this server');
    case 'no_right_over_alias':
      return matrixError(403, 'M_FORBIDDEN', 'You do not have permission to change this room alias');
    case 'no_right_over_directory':
      return matrixError(403, 'M_FORBIDDEN', 'You do not have permission to change the listing of this room');
  }
}

function matrixError(status: number, errcode: string, error: string): MatrixError {
  return { status, errcode, error };
}

const refusedContents: ReadonlySet<AuthRefusal> = new Set<AuthRefusal>([
  'member_without_state_key_or_membership',
  'unknown_membership',
  'invalid_power_levels',
  'creator_in_power_levels',
  'invalid_additional_creators',
]);

const sentences: Partial<Record<AuthRefusal, string>> = {
  room_does_not_federate: 'This room is closed to other servers',
  banned: 'The user is banned from this room',
  join_rule_forbids: 'You are not invited to this room',
  sender_not_joined: 'You are not in this room',
  insufficient_power: 'You do not have permission to do this in this room',
  target_has_as_much_power: 'You do not have permission to do this to this user',
  already_joined_or_banned: 'The user is already in the room or is banned from it',
  already_invited_joined_or_banned: 'You are already invited to this room, in it or banned from it',
  nothing_to_leave: 'The user is not in this room',
  sender_is_not_target: 'You cannot do this for another user',
  state_key_of_another_user: 'This state belongs to another user',
  power_level_above_own: 'You cannot give or take away a power level above your own',
  authorising_user_may_not_invite: 'The user who lets you in may not invite',
  invalid_power_levels: 'The power levels are malformed',
  creator_in_power_levels: 'Creators of the room cannot be given a power level',
  invalid_additional_creators: 'additional_creators must be a list of user ids',
  unknown_membership: 'membership is not one that is known',
  member_without_state_key_or_membership: 'membership or the state key is missing',
};

function refusedByRules(reason: AuthRefusal): MatrixError {
  const sentence = sentences[reason] ?? 'The rules of this room do not allow this';
  return refusedContents.has(reason)
    ? matrixError(400, 'M_BAD_JSON', sentence)
    : matrixError(403, 'M_FORBIDDEN', sentence);
}

function notBuildable(reason: BuildEventError): MatrixError {
  switch (reason) {
    case 'event_too_large':
      return matrixError(413, 'M_TOO_LARGE', 'The event is too large');
    case 'type_too_long':
      return matrixError(400, 'M_INVALID_PARAM', 'The event type is too long');
    case 'state_key_too_long':
      return matrixError(400, 'M_INVALID_PARAM', 'The state key is too long');
    case 'not_canonical':
      return matrixError(400, 'M_BAD_JSON', 'The content holds a number or text that an event cannot hold');
    case 'too_many_prev_events':
    case 'too_many_auth_events':
    case 'incomplete':
      return matrixError(500, 'M_UNKNOWN', 'The event could not be built');
  }
}
