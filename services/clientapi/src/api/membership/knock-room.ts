import { authenticated, type Handler, json } from '@plexus/http';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { roomOfParam } from '../rooms/resolve-alias.ts';
import { withinLimits } from './membership-limits.ts';
import { carriedOut, membershipRequest } from './membership-request.ts';

/** Client-server API, "POST /_matrix/client/v3/knock/{roomIdOrAlias}". M_FORBIDDEN where the join rules let nobody knock. */
export function knockRoom(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  return authenticated(async (request) => {
    const roomId = await roomOfParam(context, request);
    const { userId } = request.requester;
    const profileOf = await memberProfiles(clients.userapi, [userId], settings.serverName);
    const profile = JSON.stringify(profileOf(userId));
    await withinLimits(context, request, { entered: 1 }, () =>
      carriedOut(clients.membership.knockRoom({ roomId, userId, profile, ...membershipRequest(request) })),
    );
    return json({ room_id: roomId });
  });
}
