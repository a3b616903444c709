import { authenticated, type Handler, json, roomIdParam } from '@plexus/http';
import { readableState } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/aliases". For those who may read the room's state. */
export function getLocalAliases({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const { userId } = request.requester;
    await readableState(clients.roomserver, roomId, userId, { keys: [{ type: 'm.room.create', stateKey: '' }] });
    const { rooms } = await clients.roomserver.queryRooms({ roomIds: [roomId] });
    return json({ aliases: rooms[0]?.aliases ?? [] });
  });
}
