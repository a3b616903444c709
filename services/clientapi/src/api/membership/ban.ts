import { authenticated, emptyObject, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { sendMembership } from './send-membership.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/ban". */
export function ban(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    await sendMembership(context, request, { roomId, target: targetUser(request), membership: 'ban' });
    return emptyObject();
  });
}
