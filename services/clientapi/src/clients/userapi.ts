import type { Profile, UserapiService } from '@plexus/contracts/userapi';
import { errors } from '@plexus/http';
import {
  isLocal,
  type JsonObject,
  type JsonValue,
  parseStoredJson,
  type ServerName,
  type UserId,
} from '@plexus/matrix';

/** The profile of a user of this server. Throws M_NOT_FOUND. */
export async function profileOf(userapi: UserapiService, userId: UserId): Promise<Profile> {
  const { profiles } = await userapi.getProfiles({ userIds: [userId] });
  const profile = profiles[0];
  if (profile === undefined || !profile.exists) throw errors.notFound('No such user');
  return profile;
}

/** What member events say of users: `displayname` and `avatar_url`. Users of other servers say it themselves. */
export async function memberProfiles(
  userapi: UserapiService,
  userIds: readonly UserId[],
  serverName: ServerName,
): Promise<(userId: UserId) => JsonObject> {
  const { profiles } = await userapi.getProfiles({ userIds: userIds.filter((userId) => isLocal(userId, serverName)) });
  return memberProfilesOf(profiles);
}

/** The same, of profiles that are at hand. */
export function memberProfilesOf(profiles: readonly Profile[]): (userId: UserId) => JsonObject {
  const byUser = new Map(profiles.map((profile) => [profile.userId, memberFields(profile)]));
  return (userId) => byUser.get(userId) ?? {};
}

/** All fields of a profile. */
export function profileFields(profile: Profile): JsonObject {
  const fields: JsonObject = {};
  for (const name of Object.keys(profile.fields)) fields[name] = fieldValue(profile, name) ?? null;
  return fields;
}

/** The value of one field, undefined when the user has not set it. */
export function fieldValue(profile: Profile, name: string): JsonValue | undefined {
  const text = Object.hasOwn(profile.fields, name) ? profile.fields[name] : undefined;
  if (text === undefined) return undefined;
  return parseStoredJson(text);
}

function memberFields(profile: Profile): JsonObject {
  const fields: JsonObject = {};
  for (const name of ['displayname', 'avatar_url']) {
    const value = fieldValue(profile, name);
    if (typeof value === 'string' && value !== '') fields[name] = value;
  }
  return fields;
}
