import { type Handler, json, roomAliasParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { resolveAlias } from './resolve-alias.ts';

/** Client-server API, "GET /_matrix/client/v3/directory/room/{roomAlias}". M_NOT_FOUND. */
export function getRoomIdByAlias(context: ClientapiContext): Handler {
  return async (request) => {
    const roomId = await resolveAlias(context, roomAliasParam(request));
    return json({ room_id: roomId, servers: [context.settings.serverName] });
  };
}
