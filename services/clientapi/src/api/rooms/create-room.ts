import { authenticated, errors, type Handler, json } from '@plexus/http';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { invitedBy, newRoom } from '../../domain/room-creation.ts';
import { withinLimits } from '../membership/membership-limits.ts';
import { requireAliasNamespace } from './alias-namespace.ts';
import { readCreateRoom } from './read-create-room.ts';

/**
 * Client-server API, "POST /_matrix/client/v3/createRoom". The room with its state and invites is made by one call, whole or
 * not at all. M_ROOM_IN_USE, M_EXCLUSIVE, M_UNSUPPORTED_ROOM_VERSION, M_INVALID_ROOM_STATE.
 */
export function createRoom(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  return authenticated(async (request) => {
    const creator = request.requester.userId;
    const { published, ...wanted } = readCreateRoom(request.body, settings);
    if (wanted.alias !== undefined) await requireAliasNamespace(context, request.requester, wanted.alias);
    const users = [creator, ...wanted.invitees];
    const profileOf = await memberProfiles(clients.userapi, users, settings.serverName);
    const room = newRoom({ ...wanted, creator, profileOf });
    const roomId = await withinLimits(context, request, { invited: invitedBy(room.events) }, async () => {
      const { result } = await clients.roomserver.createRoom({
        creator,
        roomVersion: wanted.rules.version,
        creationContent: JSON.stringify(room.creationContent),
        events: room.events.map((event) => ({ ...event, content: JSON.stringify(event.content) })),
        published,
        isAppservice: request.requester.kind === 'appservice',
        ...(wanted.alias !== undefined && { alias: wanted.alias }),
      });
      if (result === undefined) throw errors.internal();
      if (result.$case === 'error') throw errors.fromRpc(result.value);
      return result.value;
    });
    return json({ room_id: roomId });
  });
}
