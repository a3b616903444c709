import { redactionV1, redactionV6, redactionV8, redactionV9, redactionV11 } from './redaction-rules.ts';
import type { RoomVersion, RoomVersionRules } from './rules.ts';

const v1: RoomVersionRules = {
  version: '1',
  stability: 'stable',
  eventIds: 'explicit',
  eventReferences: 'pairs',
  roomIdIsCreateEventHash: false,
  numbers: 'preserved',
  identifierLimit: 'code_points',
  redactsIn: 'event',
  redaction: redactionV1,
  enforcesKeyValidity: false,
  stateResolution: 'v1',
  creator: 'content',
  privilegedCreators: false,
  createInAuthEvents: true,
  aliasesRule: true,
  redactionsAuthorised: true,
  powerLevelValues: 'floats',
  notificationLevelsChecked: false,
  knock: false,
  restrictedJoin: false,
  knockRestricted: false,
};
const v2: RoomVersionRules = { ...v1, version: '2', stateResolution: 'v2' };
const v3: RoomVersionRules = {
  ...v2,
  version: '3',
  eventIds: 'hash',
  eventReferences: 'ids',
  redactionsAuthorised: false,
};
const v4: RoomVersionRules = { ...v3, version: '4', eventIds: 'url_safe_hash' };
const v5: RoomVersionRules = { ...v4, version: '5', enforcesKeyValidity: true };
const v6: RoomVersionRules = {
  ...v5,
  version: '6',
  numbers: 'canonical',
  redaction: redactionV6,
  aliasesRule: false,
  powerLevelValues: 'strings',
  notificationLevelsChecked: true,
};
const v7: RoomVersionRules = { ...v6, version: '7', knock: true };
const v8: RoomVersionRules = { ...v7, version: '8', redaction: redactionV8, restrictedJoin: true };
const v9: RoomVersionRules = { ...v8, version: '9', redaction: redactionV9 };
const v10: RoomVersionRules = { ...v9, version: '10', powerLevelValues: 'integers', knockRestricted: true };
const v11: RoomVersionRules = {
  ...v10,
  version: '11',
  identifierLimit: 'bytes',
  redaction: redactionV11,
  redactsIn: 'content',
  creator: 'sender',
};
const v12: RoomVersionRules = {
  ...v11,
  version: '12',
  stateResolution: 'v2.1',
  roomIdIsCreateEventHash: true,
  privilegedCreators: true,
  createInAuthEvents: false,
};

const all: ReadonlyMap<string, RoomVersionRules> = new Map(
  [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12].map((rules) => [rules.version, rules]),
);

/** The version of new rooms when nobody asks for another. Room versions, "Feature matrix". */
export const defaultRoomVersion: RoomVersion = '12';

/** Every version with its stability, in the form of the `m.room_versions` capability. */
export const availableRoomVersions: Readonly<Record<string, 'stable' | 'unstable'>> = Object.fromEntries(
  [...all].map(([version, { stability }]) => [version, stability]),
);

/** The rules of a room version, or undefined for one this library does not know. */
export function roomVersion(id: string): RoomVersionRules | undefined {
  return all.get(id);
}

/** The rules of a version that is known to exist. */
export function rulesOf(version: RoomVersion): RoomVersionRules {
  const rules = all.get(version);
  if (rules === undefined) throw new TypeError(`no rules for room version ${version}`);
  return rules;
}

/** Whether the text could name a room version at all: 1 to 32 of `a-z 0-9 . -`. Room versions, "Room version grammar". */
export function isRoomVersionText(text: string): boolean {
  return text.length >= 1 && text.length <= 32 && /^[a-z0-9.-]+$/.test(text);
}
