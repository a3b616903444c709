import { isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import { isUserId } from '../identifiers/user-id.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { namesPrivilegedCreator } from './creators.ts';
import { type AuthDecision, allowed, type EventToAuthorise, refused } from './decision.ts';
import { entryOf, levelOf, type PowerLevelSource, type ScalarLevel, scalarLevelDefaults } from './power-levels.ts';

const scalarKeys: ScalarLevel[] = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'redact',
  'kick',
  'invite',
];

/** The rule of `m.room.power_levels`, for a sender whose level is `level`: 10 in room versions 1 to 7 and 12, 9 in between. */
export function authorisePowerLevels(event: EventToAuthorise, level: number, source: PowerLevelSource): AuthDecision {
  const { create, powerLevels, rules } = source;
  const { content, sender } = event;
  if (!isWellFormed(content, rules)) return refused('invalid_power_levels');
  const users = ownValue(content, 'users');
  if (isJsonObject(users) && create !== undefined && namesPrivilegedCreator(users, create, rules))
    return refused('creator_in_power_levels');
  if (powerLevels === undefined) return allowed;
  const before = powerLevels.content;
  for (const key of scalarKeys) {
    if (isAbove(level, scalarAt(before, key, rules), scalarAt(content, key, rules)))
      return refused('power_level_above_own');
  }
  for (const key of changeableEntries(rules)) {
    for (const name of namesIn(key, before, content)) {
      const old = entryOf(before, key, name, rules);
      const now = entryOf(content, key, name, rules);
      if (isAbove(level, old, now)) return refused('power_level_above_own');
      if (key === 'users' && name !== sender && old !== now && old === level)
        return refused('target_has_as_much_power');
    }
  }
  return allowed;
}

type Entries = 'users' | 'events' | 'notifications';

function changeableEntries(rules: RoomVersionRules): Entries[] {
  return rules.notificationLevelsChecked ? ['events', 'notifications', 'users'] : ['events', 'users'];
}

/** Whether a value was added, changed or removed that is, or was, higher than the sender's own level. */
function isAbove(level: number, old: number | undefined, now: number | undefined): boolean {
  if (old === now) return false;
  return (old !== undefined && old > level) || (now !== undefined && now > level);
}

function scalarAt(content: JsonObject, key: ScalarLevel, rules: RoomVersionRules): number | undefined {
  const value = ownValue(content, key);
  return value === undefined ? undefined : levelOf(value, rules);
}

function namesIn(key: Entries, before: JsonObject, after: JsonObject): Set<string> {
  return new Set([before, after].flatMap((content) => Object.keys(entriesOf(content, key))));
}

function entriesOf(content: JsonObject, key: Entries): JsonObject {
  const entries = ownValue(content, key);
  return isJsonObject(entries) ? entries : {};
}

/**
 * Whether every level is one. Before room version 10 the specification says so of `users` alone; the others are read as
 * levels all the same, and servers refuse what they cannot read.
 */
function isWellFormed(content: JsonObject, rules: RoomVersionRules): boolean {
  for (const key of Object.keys(scalarLevelDefaults)) {
    const value = ownValue(content, key);
    if (value !== undefined && levelOf(value, rules) === undefined) return false;
  }
  return changeableEntries(rules).every((key) => areLevels(content, key, rules));
}

function areLevels(content: JsonObject, key: Entries, rules: RoomVersionRules): boolean {
  const entries = ownValue(content, key);
  if (entries === undefined) return true;
  if (!isJsonObject(entries)) return false;
  return Object.entries(entries).every(
    ([name, value]) => levelOf(value, rules) !== undefined && (key !== 'users' || isUserId(name)),
  );
}
