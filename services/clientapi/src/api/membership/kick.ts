import { authenticated, emptyObject, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { carriedOut, membershipRequest } from './membership-request.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/kick". A ban is not lifted by it. */
export function kick({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const sender = request.requester.userId;
    const userId = targetUser(request);
    await carriedOut(clients.membership.kick({ roomId, sender, userId, ...membershipRequest(request) }));
    return emptyObject();
  });
}
