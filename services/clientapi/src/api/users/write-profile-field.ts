import { randomUUID } from 'node:crypto';
import { errors } from '@plexus/http';
import type { JsonValue, UserId } from '@plexus/matrix';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { isInMemberEvents } from '../../domain/profile-field.ts';

/** Rooms whose member event follows in one call. */
const ROOMS_AT_ONCE = 100;

/**
 * Sets or removes a field, and has the user's member events in all joined rooms follow before the answer. So a request that was
 * answered is complete, and one that broke off is complete once the client repeats it: nothing is left to a task in memory
 * that a dying process would forget.
 */
export async function writeProfileField(
  context: ClientapiContext,
  userId: UserId,
  name: string,
  value: JsonValue | undefined,
): Promise<void> {
  const { error } = await context.clients.userapi.setProfileField({
    userId,
    field: name,
    ...(value !== undefined && { value: JSON.stringify(value) }),
  });
  if (error !== undefined) throw errors.fromRpc(error);
  if (isInMemberEvents(name)) await followInRooms(context, userId);
}

async function followInRooms({ clients, observability, settings }: ClientapiContext, userId: UserId): Promise<void> {
  const { membership, roomserver, userapi } = clients;
  const { memberships } = await roomserver.queryMemberships({ userIds: [userId], memberships: ['join'], roomIds: [] });
  if (memberships.length === 0) return;
  const profile = await memberProfiles(userapi, [userId], settings.serverName);
  const update = { userId, profile: JSON.stringify(profile(userId)), requestKey: randomUUID() };
  for (let i = 0; i < memberships.length; i += ROOMS_AT_ONCE) {
    const roomIds = memberships.slice(i, i + ROOMS_AT_ONCE).map(({ roomId }) => roomId);
    const { refused } = await membership.updateMemberProfile({ ...update, roomIds });
    if (refused > 0) observability.log.info({ refused }, 'a new profile was not taken by every room');
  }
}
