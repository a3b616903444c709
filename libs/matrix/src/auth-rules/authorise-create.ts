import { ownValue } from '../canonical-json/json-value.ts';
import { serverNameOf, serverNameOfRoomId } from '../identifiers/server-of.ts';
import { isUserId } from '../identifiers/user-id.ts';
import { roomVersion } from '../room-versions/room-versions.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { type AuthDecision, allowed, type EventToAuthorise, refused } from './decision.ts';

/** Rule 1. */
export function authoriseCreate(event: EventToAuthorise, rules: RoomVersionRules): AuthDecision {
  const { content, prevEvents, roomId, sender } = event;
  if (prevEvents.length > 0) return refused('create_has_prev_events');
  if (!rules.roomIdIsCreateEventHash) {
    const server = roomId === undefined ? undefined : serverNameOfRoomId(roomId);
    if (server !== serverNameOf(sender)) return refused('create_room_id_of_another_server');
  }
  const version = ownValue(content, 'room_version');
  if (version !== undefined && !(typeof version === 'string' && roomVersion(version) !== undefined))
    return refused('unknown_room_version');
  if (rules.creator === 'content' && ownValue(content, 'creator') === undefined)
    return refused('create_without_creator');
  const additional = ownValue(content, 'additional_creators');
  if (rules.privilegedCreators && additional !== undefined) {
    if (!Array.isArray(additional) || !additional.every(isUserId)) return refused('invalid_additional_creators');
  }
  return allowed;
}
