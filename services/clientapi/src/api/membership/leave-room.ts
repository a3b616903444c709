import { authenticated, emptyObject, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { carriedOut, membershipRequest } from './membership-request.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/leave". Who has left already is answered the same. */
export function leaveRoom({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const { userId } = request.requester;
    await carriedOut(clients.membership.leaveRoom({ roomId, userId, ...membershipRequest(request) }));
    return emptyObject();
  });
}
