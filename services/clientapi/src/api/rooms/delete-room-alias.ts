import { authenticated, emptyObject, errors, type Handler, roomAliasParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "DELETE /_matrix/client/v3/directory/room/{roomAlias}". M_NOT_FOUND, M_FORBIDDEN. */
export function deleteRoomAlias({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { error } = await clients.roomserver.deleteAlias({
      alias: roomAliasParam(request),
      userId: request.requester.userId,
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
