import { authenticated, emptyObject, errors, type Handler, roomAliasParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { requireAliasNamespace } from './alias-namespace.ts';

/** Client-server API, "DELETE /_matrix/client/v3/directory/room/{roomAlias}". M_NOT_FOUND, M_FORBIDDEN, M_EXCLUSIVE. */
export function deleteRoomAlias(context: ClientapiContext): Handler {
  const { clients } = context;
  return authenticated(async (request) => {
    const alias = roomAliasParam(request);
    await requireAliasNamespace(context, request.requester, alias);
    const { error } = await clients.roomserver.deleteAlias({
      alias,
      userId: request.requester.userId,
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
