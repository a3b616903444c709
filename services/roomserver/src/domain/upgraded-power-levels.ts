import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  RawNumber,
  type RoomVersionRules,
  scalarLevelDefaults,
  type UserId,
} from '@plexus/matrix';

export interface UpgradedPowerLevels {
  /** What the new room comes to have. */
  readonly settled: JsonObject;
  /** What it begins with where the upgrader could not send the rest of its state otherwise. */
  readonly interim: JsonObject;
}

export interface PowerLevelUpgrade {
  readonly content: JsonObject | undefined;
  /** Of the new room. */
  readonly rules: RoomVersionRules;
  readonly upgrader: UserId;
  /** Of the new room, the upgrader among them. */
  readonly creators: readonly UserId[];
  /** Those who stand above all levels in the old room. */
  readonly privilegedBefore: readonly UserId[];
}

const ADMIN = 100;
/** As in rooms that are made with room version 12: only creators replace the room. */
const TOMBSTONE_BEYOND_ADMIN = 150;
const RESTRICTED = 50;
const scalars: readonly string[] = Object.keys(scalarLevelDefaults);
const maps = ['events', 'users', 'notifications'] as const;

/**
 * The power levels of a room's replacement. Levels that the old version wrote as text become integers; creators of room version 12 lose
 * their entries, and who was above all levels before gets the highest one where the new version knows no such thing.
 */
export function upgradedPowerLevels(upgrade: PowerLevelUpgrade): UpgradedPowerLevels {
  const { rules, upgrader, creators, privilegedBefore, content } = upgrade;
  const settled = integersOnly(content ?? {});
  const users = levelsIn(settled, 'users');
  if (rules.privilegedCreators) {
    for (const creator of creators) delete users[creator];
    const events = levelsIn(settled, 'events');
    events['m.room.tombstone'] = Math.max(numberAt(events, 'm.room.tombstone') ?? 0, TOMBSTONE_BEYOND_ADMIN);
    return { settled: { ...settled, users, events }, interim: { ...settled, users, events } };
  }
  const top = Math.max(ADMIN, ...allLevels(settled));
  for (const creator of privilegedBefore) users[creator] = top;
  if (content === undefined && privilegedBefore.length === 0) users[upgrader] = ADMIN;
  const interim = { ...users, [upgrader]: top };
  return { settled: { ...settled, users }, interim: { ...settled, users: interim } };
}

/** The old room's levels with talk and invites kept from ordinary members; undefined when they are already. Client-Server API, "Room upgrades". */
export function restrictedPowerLevels(content: JsonObject): JsonObject | undefined {
  const level = (key: keyof typeof scalarLevelDefaults) =>
    integerOf(ownValue(content, key)) ?? scalarLevelDefaults[key];
  const least = Math.max(RESTRICTED, level('users_default') + 1);
  if (level('events_default') >= least && level('invite') >= least) return undefined;
  return {
    ...content,
    events_default: Math.max(least, level('events_default')),
    invite: Math.max(least, level('invite')),
  };
}

function integersOnly(content: JsonObject): JsonObject {
  const levels: JsonObject = {};
  for (const key of scalars) {
    const level = integerOf(ownValue(content, key));
    if (level !== undefined) levels[key] = level;
  }
  for (const key of maps) if (isJsonObject(ownValue(content, key))) levels[key] = levelsIn(content, key);
  return levels;
}

function levelsIn(content: JsonObject, key: (typeof maps)[number]): JsonObject {
  const entries = ownValue(content, key);
  const levels: JsonObject = {};
  for (const name of isJsonObject(entries) ? Object.keys(entries) : []) {
    const level = isJsonObject(entries) ? integerOf(ownValue(entries, name)) : undefined;
    if (level !== undefined) levels[name] = level;
  }
  return levels;
}

function allLevels(content: JsonObject): number[] {
  return [content, ...maps.map((key) => levelsIn(content, key))].flatMap((levels) =>
    Object.values(levels).filter((level) => typeof level === 'number'),
  );
}

function numberAt(levels: JsonObject, name: string): number | undefined {
  return integerOf(ownValue(levels, name));
}

/** Old room versions take text and fractions for levels. */
function integerOf(value: JsonValue | undefined): number | undefined {
  if (value instanceof RawNumber) return integerOf(value.toNumber());
  const level = typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value) ? Number(value) : value;
  if (typeof level !== 'number') return undefined;
  const integer = Math.trunc(level);
  return Number.isSafeInteger(integer) ? integer + 0 : undefined;
}
