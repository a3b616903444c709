import { errors, type Handler, json, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/directory/list/room/{roomId}". M_NOT_FOUND. */
export function getRoomVisibilityOnDirectory({ clients }: ClientapiContext): Handler {
  return async (request) => {
    const { rooms } = await clients.roomserver.queryRooms({ roomIds: [roomIdParam(request)] });
    const room = rooms[0];
    if (room === undefined) throw errors.notFound('No such room');
    return json({ visibility: room.published ? 'public' : 'private' });
  };
}
