import { authenticated, emptyObject, type Handler, MatrixHttpError, roomIdParam } from '@plexus/http';
import { ownValue } from '@plexus/matrix';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { requireLocal } from '../requester.ts';
import { sendMembership } from './send-membership.ts';
import { targetUser } from './target-user.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/invite", of a user; an address is M_THREEPID_DENIED. */
export function inviteUser(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    if (ownValue(request.body, 'user_id') === undefined && ownValue(request.body, 'medium') !== undefined)
      throw new MatrixHttpError(403, 'M_THREEPID_DENIED', 'Addresses cannot be invited');
    const target = targetUser(request);
    requireLocal(target, settings.serverName);
    const profileOf = await memberProfiles(clients.userapi, [target], settings.serverName);
    await sendMembership(context, request, { roomId, target, membership: 'invite', profile: profileOf(target) });
    return emptyObject();
  });
}
