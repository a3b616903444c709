import { errors, type Handler, json } from '@plexus/http';
import { parseRoomAlias, parseRoomId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { resolveAlias } from './resolve-alias.ts';
import { isShown, membershipsOf, roomSummary } from './room-access.ts';

/** Client-server API, "GET /_matrix/client/v1/room_summary/{roomIdOrAlias}". M_NOT_FOUND, also for rooms that are not for the requester to see. */
export function getRoomSummary(context: ClientapiContext): Handler {
  return async ({ params, requester }) => {
    const text = params['roomIdOrAlias'] ?? '';
    const alias = parseRoomAlias(text);
    const roomId = alias === undefined ? parseRoomId(text) : await resolveAlias(context, alias);
    if (roomId === undefined) throw errors.invalidParam('roomIdOrAlias', 'is neither a room id nor an alias');
    const [memberships, { rooms }] = await Promise.all([
      membershipsOf(context, requester?.userId),
      context.clients.roomserver.queryHierarchy({ roomIds: [roomId] }),
    ]);
    const [room] = rooms;
    if (room === undefined || !isShown(room, memberships)) throw errors.notFound('There is no such room');
    const membership = memberships.get(roomId);
    return json({ ...roomSummary(room), ...(membership !== undefined && { membership }) });
  };
}
