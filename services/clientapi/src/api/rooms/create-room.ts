import { authenticated, errors, type Handler, json } from '@plexus/http';
import { parseRoomId, type UserId } from '@plexus/matrix';
import { predecessorIn } from '../../clients/predecessors.ts';
import { membershipIn } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { invitedBy, newRoom } from '../../domain/room-creation.ts';
import { invitedProfiles } from '../membership/invited-profiles.ts';
import { withinLimits } from '../membership/membership-limits.ts';
import { requireAliasNamespace } from './alias-namespace.ts';
import { carryOverSettings, type ReplacedRoom } from './carry-over-settings.ts';
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
    const { events: counted } = newRoom({ ...wanted, creator, profileOf: () => ({}) });
    const roomId = await withinLimits(context, request, { invited: invitedBy(counted) }, async () => {
      const profileOf = await invitedProfiles(context, users);
      const room = newRoom({ ...wanted, creator, profileOf });
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
    const replaced = predecessorIn(wanted.creationContent);
    const to = parseRoomId(roomId);
    if (replaced !== undefined && to !== undefined) await carryOver(context, creator, { from: replaced, to });
    return json({ room_id: roomId });
  });
}

/**
 * Who replaces a room by a new one keeps what they have set for it, as when the server does it. Whoever makes the room says which it replaces,
 * so no tombstone is asked for. The room is made by now: without its settings the answer is no other.
 */
async function carryOver(context: ClientapiContext, userId: UserId, rooms: ReplacedRoom): Promise<void> {
  try {
    if ((await membershipIn(context.clients.roomserver, rooms.from, userId)) !== undefined)
      await carryOverSettings(context, userId, rooms);
  } catch (error) {
    const { log } = context.observability;
    log.warn({ error, roomId: rooms.to }, 'the settings of a replaced room were not carried over');
  }
}
