import { ownValue } from '../canonical-json/json-value.ts';
import type { Pdu } from '../events/pdu.ts';
import { isUserId, type UserId } from '../identifiers/user-id.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';

/** Who made the room: the one who may join it first. Undefined when the create event of an old room names nobody. */
export function creatorOf(create: Pdu, rules: RoomVersionRules): UserId | undefined {
  if (rules.creator === 'sender') return create.sender;
  const creator = ownValue(create.content, 'creator');
  return isUserId(creator) ? creator : undefined;
}

/** Whether the user stands above all power levels: the sender of the create event and its additional_creators, since version 12. */
export function isPrivilegedCreator(user: UserId, create: Pdu, rules: RoomVersionRules): boolean {
  return rules.privilegedCreators && (create.sender === user || additionalCreators(create).includes(user));
}

/** Everybody who stands above all power levels. Empty before room version 12. */
export function privilegedCreators(create: Pdu, rules: RoomVersionRules): UserId[] {
  return rules.privilegedCreators ? [...new Set([create.sender, ...additionalCreators(create)])] : [];
}

function additionalCreators(create: Pdu): UserId[] {
  const additional = ownValue(create.content, 'additional_creators');
  return Array.isArray(additional) ? additional.filter(isUserId) : [];
}
