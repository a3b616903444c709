import { authenticated, emptyObject, errors, type Handler, roomAliasParam, stringField } from '@plexus/http';
import { isLocal, parseRoomId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "PUT /_matrix/client/v3/directory/room/{roomAlias}". M_UNKNOWN (409) when it is taken. */
export function setRoomAlias({ clients, settings }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const alias = roomAliasParam(request);
    const roomId = parseRoomId(stringField(request.body, 'room_id'));
    if (roomId === undefined) throw errors.invalidParam('room_id', 'is not a room id');
    if (!isLocal(alias, settings.serverName)) throw errors.invalidParam('roomAlias', 'is of another server');
    const { error } = await clients.roomserver.setAlias({ alias, roomId, creator: request.requester.userId });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
