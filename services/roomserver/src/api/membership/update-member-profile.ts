import type { UpdateMemberProfileRequest, UpdateMemberProfileResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership } from './change-membership.ts';

/**
 * Has the member events of a joined user follow a new profile. A room that the user leaves meanwhile is not joined again by it.
 * Client-Server API, "Events on Change of Profile Information".
 */
export async function updateMemberProfile(
  context: RoomserverContext,
  { userId, roomIds, profile, requestKey }: UpdateMemberProfileRequest,
): Promise<UpdateMemberProfileResponse> {
  const command = {
    operation: 'update_profile',
    membership: 'join',
    sender: userId,
    target: userId,
    profile,
  } as const;
  const refusals = await Promise.all(
    roomIds.map((roomId) => changeMembership(context, { roomId, requestKey }, command)),
  );
  return { refused: refusals.filter((refusal) => refusal !== undefined).length };
}
