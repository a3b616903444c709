import { type JsonObject, type JsonValue, ownValue } from '../canonical-json/json-value.ts';
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
  return rules.privilegedCreators && (create.sender === user || listedCreators(create).includes(user));
}

/** Everybody who stands above all power levels. Empty before room version 12. */
export function privilegedCreators(create: Pdu, rules: RoomVersionRules): UserId[] {
  return rules.privilegedCreators ? [...new Set([create.sender, ...listedCreators(create).filter(isUserId)])] : [];
}

/** Whether one of them is a key of the object. A create event can list thousands, so nothing is made of the list. */
export function namesPrivilegedCreator(users: JsonObject, create: Pdu, rules: RoomVersionRules): boolean {
  if (!rules.privilegedCreators) return false;
  if (Object.hasOwn(users, create.sender)) return true;
  return listedCreators(create).some((creator) => typeof creator === 'string' && Object.hasOwn(users, creator));
}

function listedCreators(create: Pdu): readonly JsonValue[] {
  const additional = ownValue(create.content, 'additional_creators');
  return Array.isArray(additional) ? additional : [];
}
