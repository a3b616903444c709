import { authenticated, emptyObject, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { sendMembership } from './send-membership.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/leave". */
export function leaveRoom(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    await sendMembership(context, request, { roomId, target: request.requester.userId, membership: 'leave' });
    return emptyObject();
  });
}
