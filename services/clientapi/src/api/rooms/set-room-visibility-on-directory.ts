import { authenticated, emptyObject, errors, type Handler, optionalString, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "PUT /_matrix/client/v3/directory/list/room/{roomId}". M_NOT_FOUND, M_FORBIDDEN. */
export function setRoomVisibilityOnDirectory({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const visibility = optionalString(request.body, 'visibility') ?? 'public';
    if (visibility !== 'public' && visibility !== 'private')
      throw errors.invalidParam('visibility', 'is neither public nor private');
    const { error } = await clients.roomserver.setDirectoryVisibility({
      roomId,
      userId: request.requester.userId,
      published: visibility === 'public',
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
