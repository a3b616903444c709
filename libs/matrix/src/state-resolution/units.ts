import { isJsonObject, ownValue } from '../canonical-json/json-value.ts';
import type { Pdu } from '../events/pdu.ts';

/** Verifying signatures: up to 100 of them at 50 µs. */
const THIRD_PARTY_INVITE = 1000;

/** How much work it is to authorise an event, in units of a step: the entries of power levels are all looked at. */
export function unitsToAuthorise({ type, content }: Pdu): number {
  if (type === 'm.room.power_levels') return 4 + (entriesIn(content, 'users') + entriesIn(content, 'events')) / 2;
  return type === 'm.room.member' && ownValue(content, 'third_party_invite') !== undefined ? THIRD_PARTY_INVITE : 4;
}

function entriesIn(content: Pdu['content'], key: 'users' | 'events'): number {
  const entries = ownValue(content, key);
  return isJsonObject(entries) ? Object.keys(entries).length : 0;
}
