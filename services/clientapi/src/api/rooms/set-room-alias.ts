import { authenticated, emptyObject, errors, type Handler, roomAliasParam, stringField } from '@plexus/http';
import { isLocal, parseRoomId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { requireAliasNamespace } from './alias-namespace.ts';

/** Client-server API, "PUT /_matrix/client/v3/directory/room/{roomAlias}". M_FORBIDDEN for who is not in the room, M_UNKNOWN (409) when it is taken, M_EXCLUSIVE. */
export function setRoomAlias(context: ClientapiContext): Handler {
  const { clients, settings } = context;
  return authenticated(async (request) => {
    const alias = roomAliasParam(request);
    const roomId = parseRoomId(stringField(request.body, 'room_id'));
    if (roomId === undefined) throw errors.invalidParam('room_id', 'is not a room id');
    if (!isLocal(alias, settings.serverName)) throw errors.invalidParam('roomAlias', 'is of another server');
    await requireAliasNamespace(context, request.requester, alias);
    const { requester } = request;
    const { error } = await clients.roomserver.setAlias({
      alias,
      roomId,
      creator: requester.userId,
      isAdministrator: requester.kind === 'user' && requester.admin,
      isAppservice: requester.kind === 'appservice',
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
