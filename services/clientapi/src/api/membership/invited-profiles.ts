import type { Profile } from '@plexus/contracts/userapi';
import { isLocal, isUserId, type JsonObject, type UserId } from '@plexus/matrix';
import { memberProfilesOf } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';

/** What the member events of users who are invited say of them, after `queryInvitedUsers`. */
export async function invitedProfiles(
  context: ClientapiContext,
  userIds: readonly UserId[],
): Promise<(userId: UserId) => JsonObject> {
  return memberProfilesOf(await queryInvitedUsers(context, userIds));
}

/**
 * The profiles of those of the users who are of this server. One who does not exist may be an application service's to create: it is asked before
 * the invite is made. Application Service API, "Querying".
 */
export async function queryInvitedUsers(
  { clients, settings }: ClientapiContext,
  users: readonly string[],
): Promise<Profile[]> {
  const userIds = users.filter((userId) => isUserId(userId) && isLocal(userId, settings.serverName));
  const { profiles } = await clients.userapi.getProfiles({ userIds });
  const absent = profiles.filter(({ exists }) => !exists);
  const created = await Promise.all(
    absent.map(({ userId }) => clients.appservice.queryExistence({ subject: { $case: 'userId', value: userId } })),
  );
  if (!created.some(({ exists }) => exists)) return profiles;
  return (await clients.userapi.getProfiles({ userIds })).profiles;
}
