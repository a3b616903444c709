import { authenticated, emptyObject, errors, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/forget". M_UNKNOWN (400) for a room the user has not left. */
export function forgetRoom({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { userId } = request.requester;
    const { error } = await clients.roomserver.forgetRoom({ roomId: roomIdParam(request), userId });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
