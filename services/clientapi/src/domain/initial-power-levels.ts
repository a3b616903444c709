import {
  emptyJsonObject,
  isJsonObject,
  type JsonObject,
  ownValue,
  type RoomVersionRules,
  type UserId,
} from '@plexus/matrix';

export interface InitialPowerLevels {
  readonly creator: UserId;
  readonly rules: RoomVersionRules;
  readonly preset: 'private_chat' | 'trusted_private_chat' | 'public_chat';
  readonly invitees: readonly UserId[];
  /** `power_level_content_override`: each of its keys takes the place of ours. */
  readonly powerLevelOverride: JsonObject;
}

const ADMIN = 100;
/** Above `state_default` in room version 12, so that only creators replace the room. Client-server API, createRoom. */
const TOMBSTONE_BEYOND_ADMIN = 150;

/**
 * The first `m.room.power_levels`. Creators of room version 12 and later stand above all levels and may have no entry: what an
 * override says of them is left out, since older clients give their own user 100.
 */
export function initialPowerLevels(room: InitialPowerLevels, creators: readonly UserId[]): JsonObject {
  const content = Object.assign(emptyJsonObject(), {
    ban: 50,
    events: eventLevels(room.rules),
    events_default: 0,
    historical: ADMIN,
    invite: room.preset === 'public_chat' ? 50 : 0,
    kick: 50,
    redact: 50,
    state_default: 50,
    users: userLevels(room),
    users_default: 0,
  });
  Object.assign(content, room.powerLevelOverride);
  if (room.rules.privilegedCreators) withoutCreators(content, creators);
  return content;
}

function eventLevels(rules: RoomVersionRules): JsonObject {
  return {
    'm.room.avatar': 50,
    'm.room.canonical_alias': 50,
    'm.room.encryption': ADMIN,
    'm.room.history_visibility': ADMIN,
    'm.room.name': 50,
    'm.room.power_levels': ADMIN,
    'm.room.server_acl': ADMIN,
    'm.room.tombstone': rules.privilegedCreators ? TOMBSTONE_BEYOND_ADMIN : ADMIN,
  };
}

function userLevels({ creator, invitees, preset, rules }: InitialPowerLevels): JsonObject {
  if (rules.privilegedCreators) return emptyJsonObject();
  const trusted = preset === 'trusted_private_chat' ? invitees : [];
  return Object.fromEntries([creator, ...trusted].map((userId) => [userId, ADMIN]));
}

function withoutCreators(content: JsonObject, creators: readonly string[]): void {
  const users = ownValue(content, 'users');
  if (!isJsonObject(users)) return;
  content['users'] = Object.fromEntries(Object.entries(users).filter(([userId]) => !creators.includes(userId)));
}
