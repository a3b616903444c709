import { booleanField, errors, type Handler, json, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { forAdministrators } from './administrator.ts';

/** Synapse admin API, "PUT /_synapse/admin/v1/rooms/{room_id}/block". */
export function blockRoom({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const blocked = booleanField(request.body, 'block');
    const asked = { roomId: roomIdParam(request), requestedBy: request.requester.userId, blocked };
    const { error } = await clients.roomserver.setRoomBlocked(asked);
    if (error !== undefined) throw errors.fromRpc(error);
    return json({ block: blocked });
  });
}

/** Synapse admin API, "GET /_synapse/admin/v1/rooms/{room_id}/block". */
export function getRoomBlock({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const { blockedBy } = await clients.roomserver.queryRoomBlocked({ roomId: roomIdParam(request) });
    return json({ block: blockedBy !== undefined, ...(blockedBy !== undefined && { user_id: blockedBy }) });
  });
}
