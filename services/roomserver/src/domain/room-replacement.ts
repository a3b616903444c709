import {
  canonicalJson,
  type EventId,
  type JsonObject,
  NotCanonicalError,
  ownValue,
  type RoomId,
  type RoomVersionRules,
  type UserId,
} from '@plexus/matrix';
import { malformedKey } from './state-content.ts';

/** A state event of the old room, or of the new one. */
export interface ReplacedState {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/** State that moves as it is. Power levels, aliases and bans move in their own ways. Client-Server API, "Room upgrades", server behaviour. */
const copied: readonly string[] = [
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.server_acl',
  'm.room.encryption',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
];
const SPACE_CHILD = 'm.space.child';

/** All that is read of the old room for its replacement. */
export const replacedTypes: readonly string[] = [
  ...copied,
  SPACE_CHILD,
  'm.room.create',
  'm.room.power_levels',
  'm.room.canonical_alias',
];

export interface Replacement {
  readonly rules: RoomVersionRules;
  readonly oldRoomId: RoomId;
  /** The tombstone, or the last event before it; room version 12 goes without. */
  readonly lastEvent: EventId | undefined;
  readonly additionalCreators: readonly UserId[];
  readonly upgrader: UserId;
  /** How the upgrader appears in the old room. */
  readonly profile: JsonObject;
  readonly powerLevels: JsonObject;
  readonly state: readonly ReplacedState[];
}

/** `m.room.create` of the new room but for creator and version: what the old one was made as, and where it came from. */
export function replacementCreation({
  rules,
  oldRoomId,
  lastEvent,
  additionalCreators,
  state,
}: Replacement): JsonObject {
  const old = state.find(({ type }) => type === 'm.room.create')?.content ?? {};
  const content: JsonObject = {};
  for (const key of ['type', 'm.federate']) {
    const value = ownValue(old, key);
    if (value !== undefined) content[key] = value;
  }
  const isNamed = lastEvent !== undefined && !rules.roomIdIsCreateEventHash;
  content['predecessor'] = { room_id: oldRoomId, ...(isNamed && { event_id: lastEvent }) };
  if (rules.privilegedCreators && additionalCreators.length > 0)
    content['additional_creators'] = [...additionalCreators];
  return content;
}

/** What follows the create event, in order. What the new version cannot hold, and what nobody may send any more, is left out. */
export function replacementState({ rules, upgrader, profile, powerLevels, state }: Replacement): ReplacedState[] {
  const moved = state
    .filter(({ type, stateKey }) => (copied.includes(type) && stateKey === '') || type === SPACE_CHILD)
    .filter(({ type, content }) => type !== SPACE_CHILD || Object.keys(content).length > 0)
    .map((event) => (event.type === 'm.room.join_rules' ? joinRulesFor(event, rules) : event));
  return [
    { type: 'm.room.member', stateKey: upgrader, content: { ...profile, membership: 'join' } },
    { type: 'm.room.power_levels', stateKey: '', content: powerLevels },
    ...moved,
  ].filter((event) => isCanonical(event.content) && malformedKey(event) === undefined);
}

/** A rule that the new version does not know would let nobody in; by invite is the nearest that all know. */
function joinRulesFor(event: ReplacedState, rules: RoomVersionRules): ReplacedState {
  const rule = ownValue(event.content, 'join_rule');
  const isKnown =
    rule === 'public' ||
    rule === 'invite' ||
    (rule === 'knock' && rules.knock) ||
    (rule === 'restricted' && rules.restrictedJoin) ||
    (rule === 'knock_restricted' && rules.knockRestricted);
  return isKnown ? event : { ...event, content: { join_rule: 'invite' } };
}

function isCanonical(content: JsonObject): boolean {
  try {
    canonicalJson(content);
    return true;
  } catch (error) {
    if (error instanceof NotCanonicalError) return false;
    throw error;
  }
}
