import { isJsonObject, type JsonObject, type JsonValue, ownValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import type { Pdu } from '../events/pdu.ts';
import type { UserId } from '../identifiers/user-id.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { creatorOf, isPrivilegedCreator } from './creators.ts';

/** The levels of `m.room.power_levels` that stand alone, with what they are when absent. Client-Server API, m.room.power_levels. */
export const scalarLevelDefaults = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  redact: 50,
  kick: 50,
  invite: 0,
} as const;

export type ScalarLevel = keyof typeof scalarLevelDefaults;

/** What power levels are read from; each is undefined when the room has none (yet). */
export type PowerLevelSource = {
  readonly create: Pdu | undefined;
  readonly powerLevels: Pdu | undefined;
  readonly rules: RoomVersionRules;
};

/**
 * A user's power level: Infinity for the creators of a room of version 12 or later. Without power levels the creator of an
 * older room has 100 and everybody else 0.
 */
export function userPowerLevel(user: UserId, { create, powerLevels, rules }: PowerLevelSource): number {
  if (create !== undefined && isPrivilegedCreator(user, create, rules)) return Number.POSITIVE_INFINITY;
  if (powerLevels === undefined) return create !== undefined && creatorOf(create, rules) === user ? 100 : 0;
  return entryOf(powerLevels.content, 'users', user, rules) ?? scalarLevel('users_default', powerLevels, rules);
}

/** The level needed to send an event of this type. Server-Server API, "Required Power Level". */
export function requiredPowerLevel(type: string, isState: boolean, { powerLevels, rules }: PowerLevelSource): number {
  const explicit = powerLevels === undefined ? undefined : entryOf(powerLevels.content, 'events', type, rules);
  return explicit ?? scalarLevel(isState ? 'state_default' : 'events_default', powerLevels, rules);
}

/** The level needed to notify others by this key, such as `room`; 50 when none is set. Client-Server API, m.room.power_levels. */
export function notificationLevel(key: string, powerLevels: Pdu | undefined, rules: RoomVersionRules): number {
  return (powerLevels === undefined ? undefined : entryOf(powerLevels.content, 'notifications', key, rules)) ?? 50;
}

/** One of the levels that stand alone. */
export function scalarLevel(key: ScalarLevel, powerLevels: Pdu | undefined, rules: RoomVersionRules): number {
  const value = powerLevels === undefined ? undefined : ownValue(powerLevels.content, key);
  return (value === undefined ? undefined : levelOf(value, rules)) ?? scalarLevelDefaults[key];
}

/** An entry of `users`, `events` or `notifications`. */
export function entryOf(
  content: JsonObject,
  key: 'users' | 'events' | 'notifications',
  name: string,
  rules: RoomVersionRules,
): number | undefined {
  const entries = ownValue(content, key);
  const value = isJsonObject(entries) ? ownValue(entries, name) : undefined;
  return value === undefined ? undefined : levelOf(value, rules);
}

/** A level as the room version lets it be written, or undefined. Room versions 1, 5, 6 and 10, `m.room.power_levels`. */
export function levelOf(value: JsonValue, { powerLevelValues }: RoomVersionRules): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (powerLevelValues === 'integers') return undefined;
  if (typeof value === 'string') return integerOfText(value);
  if (powerLevelValues === 'floats' && value instanceof RawNumber) return finite(Math.trunc(value.toNumber()));
  return undefined;
}

/** A base 10 integer with an optional sign, leading zeroes and spaces around it. */
function integerOfText(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?[0-9]+$/.test(trimmed) ? finite(Number(trimmed)) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value + 0 : undefined;
}
