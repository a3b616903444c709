import { authenticated, errors, type Handler, json } from '@plexus/http';
import { parseRoomAlias, parseRoomId, type RoomId } from '@plexus/matrix';
import { Predecessors } from '../../clients/predecessors.ts';
import { membershipIn } from '../../clients/roomserver.ts';
import { memberProfiles } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { carryOverSettings } from '../rooms/carry-over-settings.ts';
import { resolveAlias } from '../rooms/resolve-alias.ts';
import { sendMembership } from './send-membership.ts';

/** Client-server API, "POST /_matrix/client/v3/join/{roomIdOrAlias}" and "POST /_matrix/client/v3/rooms/{roomId}/join". */
export function joinRoom(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  const predecessors = new Predecessors(clients.roomserver);
  return authenticated(async (request) => {
    const { roomIdOrAlias = '', roomId: givenId = roomIdOrAlias } = request.params;
    const roomId = await roomIdOf(context, givenId);
    const target = request.requester.userId;
    const profileOf = await memberProfiles(clients.userapi, [target], settings.serverName);
    await sendMembership(context, request, { roomId, target, membership: 'join', profile: profileOf(target) });
    const replaced = await predecessors.of(roomId);
    if (replaced !== undefined && (await membershipIn(clients.roomserver, replaced, target)) !== undefined)
      await carryOverSettings(context, target, { from: replaced, to: roomId });
    return json({ room_id: roomId });
  });
}

async function roomIdOf(context: ClientapiContext, text: string): Promise<RoomId> {
  const roomId = parseRoomId(text);
  if (roomId !== undefined) return roomId;
  const alias = parseRoomAlias(text);
  if (alias === undefined) throw errors.invalidParam('roomIdOrAlias', 'is neither a room id nor an alias');
  return resolveAlias(context, alias);
}
