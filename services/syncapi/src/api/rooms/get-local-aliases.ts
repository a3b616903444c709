import { authenticated, errors, type Handler, json } from '@plexus/http';
import { openRoom, type ReadContext } from '../../read/open-room.ts';

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/aliases". For members, and of world-readable
 * rooms for all.
 */
export function getLocalAliases(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const { roomId, membership, isWorldReadable } = await openRoom(context, request);
    if (membership !== 'join' && !isWorldReadable) throw errors.forbidden('You are not in this room');
    const { rooms } = await context.roomserver.queryRooms({ roomIds: [roomId] });
    return json({ aliases: rooms[0]?.aliases ?? [] });
  });
}
