import { authenticated, emptyObject, errors, type Handler, roomIdParam } from '@plexus/http';
import { membershipIn } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { sendMembership } from './send-membership.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/unban". Of a joined user the same event would be a kick. */
export function unban(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const target = targetUser(request);
    if ((await membershipIn(context.clients.roomserver, roomId, target)) !== 'ban')
      throw errors.forbidden('This user is not banned');
    await sendMembership(context, request, { roomId, target, membership: 'leave' });
    return emptyObject();
  });
}
