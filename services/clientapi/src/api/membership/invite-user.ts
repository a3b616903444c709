import { authenticated, emptyObject, type Handler, MatrixHttpError, roomIdParam } from '@plexus/http';
import { ownValue } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { invitedProfiles } from './invited-profiles.ts';
import { withinLimits } from './membership-limits.ts';
import { carriedOut, membershipRequest } from './membership-request.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/invite", of a user; an address is M_THREEPID_DENIED. */
export function inviteUser(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    if (ownValue(request.body, 'user_id') === undefined && ownValue(request.body, 'medium') !== undefined)
      throw new MatrixHttpError(403, 'M_THREEPID_DENIED', 'Addresses cannot be invited');
    const userId = targetUser(request);
    await withinLimits(context, request, { invited: [userId] }, async () => {
      const profileOf = await invitedProfiles(context, [userId]);
      const invite = { roomId, sender: request.requester.userId, userId, profile: JSON.stringify(profileOf(userId)) };
      await carriedOut(context.clients.membership.inviteUser({ ...invite, ...membershipRequest(request) }));
    });
    return emptyObject();
  });
}
