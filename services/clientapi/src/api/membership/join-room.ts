import { authenticated, type Handler, json } from '@plexus/http';
import { Predecessors } from '../../clients/predecessors.ts';
import { membershipIn } from '../../clients/roomserver.ts';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { carryOverSettings } from '../rooms/carry-over-settings.ts';
import { roomOfParam } from '../rooms/resolve-alias.ts';
import { withinLimits } from './membership-limits.ts';
import { carriedOut, membershipRequest } from './membership-request.ts';

/** Client-server API, "POST /_matrix/client/v3/join/{roomIdOrAlias}" and "POST /_matrix/client/v3/rooms/{roomId}/join". */
export function joinRoom(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  const predecessors = new Predecessors(clients.roomserver);
  return authenticated(async (request) => {
    const roomId = await roomOfParam(context, request);
    const { userId } = request.requester;
    const profileOf = await memberProfiles(clients.userapi, [userId], settings.serverName);
    const profile = JSON.stringify(profileOf(userId));
    await withinLimits(context, request, { entered: 1 }, () =>
      carriedOut(clients.membership.joinRoom({ roomId, userId, profile, ...membershipRequest(request) })),
    );
    const replaced = await predecessors.confirmed(roomId);
    if (replaced !== undefined && (await membershipIn(clients.roomserver, replaced, userId)) !== undefined)
      await carryOverSettings(context, userId, { from: replaced, to: roomId });
    return json({ room_id: roomId });
  });
}
