import { authenticated, emptyObject, errors, type Handler, roomIdParam } from '@plexus/http';
import { membershipIn } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { sendMembership } from './send-membership.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/kick". Of a banned user the same event would lift the ban. */
export function kick(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const target = targetUser(request);
    const membership = await membershipIn(context.clients.roomserver, roomId, target);
    if (membership === undefined || membership === 'leave' || membership === 'ban')
      throw errors.forbidden('This user is not in the room');
    await sendMembership(context, request, { roomId, target, membership: 'leave' });
    return emptyObject();
  });
}
