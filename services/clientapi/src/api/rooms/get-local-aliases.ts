import { authenticated, errors, type Handler, json, roomIdParam } from '@plexus/http';
import { joinedOrWorldReadable } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/aliases". For those who are in the room, and of world-readable rooms for all. */
export function getLocalAliases({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    if (!(await joinedOrWorldReadable(clients.roomserver, roomId, request.requester.userId)))
      throw errors.forbidden('You are not in this room');
    const { rooms } = await clients.roomserver.queryRooms({ roomIds: [roomId] });
    return json({ aliases: rooms[0]?.aliases ?? [] });
  });
}
