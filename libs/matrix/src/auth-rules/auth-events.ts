import { isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import type { KnownEvent } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import { fitsInBytes, MAX_IDENTIFIER_BYTES } from '../identifiers/limits.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { type AuthDecision, allowed, type EventToAuthorise, refused } from './decision.ts';

/** A key of room state. */
export type StateKeyPair = readonly [type: string, stateKey: string];

/**
 * The state that gives the sender permission to send the event: those of its entries that exist are its auth_events.
 * The create event is not among them since room version 12, though `authorise` asks for it in every version.
 * Server-Server API, "Auth events selection".
 */
export function authEventKeys(
  event: Pick<EventToAuthorise, 'type' | 'stateKey' | 'sender' | 'content'>,
  rules: RoomVersionRules,
): StateKeyPair[] {
  if (event.type === 'm.room.create') return [];
  const keys: StateKeyPair[] = [
    ['m.room.power_levels', ''],
    ['m.room.member', event.sender],
  ];
  if (rules.createInAuthEvents) keys.unshift(['m.room.create', '']);
  if (event.type === 'm.room.member') addMemberKeys(keys, event, rules);
  return keys;
}

/**
 * Judges an event by itself and its auth_events themselves: rule 2 of room version 1, rule 3 of room version 12. An event of
 * before room version 11 with an identifier longer than 255 bytes is readable but to be rejected, so that others may refer to it.
 */
export function checkAuthEvents(
  event: EventToAuthorise,
  authEvents: readonly KnownEvent[],
  rules: RoomVersionRules,
): AuthDecision {
  if (hasLongIdentifier(event)) return refused('identifier_too_long');
  const expected = new Set(authEventKeys(event, rules).map(([type, stateKey]) => stateMapKey(type, stateKey)));
  const seen = new Set<string>();
  for (const { pdu, rejected } of authEvents) {
    const key = pdu.stateKey === undefined ? undefined : stateMapKey(pdu.type, pdu.stateKey);
    if (key === undefined || !expected.has(key)) return refused('unexpected_auth_event');
    if (seen.has(key)) return refused('duplicate_auth_event');
    seen.add(key);
    if (rejected) return refused('rejected_auth_event');
    if (pdu.roomId !== event.roomId) return refused('auth_event_of_another_room');
  }
  const needsCreate = rules.createInAuthEvents && event.type !== 'm.room.create';
  return needsCreate && !seen.has(stateMapKey('m.room.create', '')) ? refused('no_create_event') : allowed;
}

function hasLongIdentifier({ type, stateKey, sender, roomId, eventId }: EventToAuthorise): boolean {
  return [type, stateKey, sender, roomId, eventId].some(
    (text) => text !== undefined && !fitsInBytes(text, MAX_IDENTIFIER_BYTES),
  );
}

type SelectionEvent = Pick<EventToAuthorise, 'stateKey' | 'sender' | 'content'>;

function addMemberKeys(keys: StateKeyPair[], event: SelectionEvent, rules: RoomVersionRules): void {
  const { stateKey, sender, content } = event;
  const membership = ownValue(content, 'membership');
  if (stateKey !== undefined && stateKey !== sender) keys.push(['m.room.member', stateKey]);
  if (membership === 'join' || membership === 'invite' || membership === 'knock') keys.push(['m.room.join_rules', '']);
  const token = membership === 'invite' ? thirdPartyToken(content) : undefined;
  if (token !== undefined) keys.push(['m.room.third_party_invite', token]);
  const authoriser = ownValue(content, 'join_authorised_via_users_server');
  if (membership !== 'join' || !rules.restrictedJoin || typeof authoriser !== 'string') return;
  if (authoriser !== sender && authoriser !== stateKey) keys.push(['m.room.member', authoriser]);
}

function thirdPartyToken(content: JsonObject): string | undefined {
  const invite = ownValue(content, 'third_party_invite');
  const signed = isJsonObject(invite) ? ownValue(invite, 'signed') : undefined;
  const token = isJsonObject(signed) ? ownValue(signed, 'token') : undefined;
  return typeof token === 'string' ? token : undefined;
}
