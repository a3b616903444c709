import { errors, type Handler, json, optionalBoolean, optionalString, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { forAdministrators } from './administrator.ts';

const MAX_TEXT_BYTES = 10_000;

/** Synapse admin API, "DELETE /_synapse/admin/v2/rooms/{room_id}". M_NOT_FOUND, M_UNKNOWN while one is under way. */
export function deleteRoom({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const { body, requester } = request;
    const text = (key: string) => optionalString(body, key, { max: MAX_TEXT_BYTES });
    const newRoomUserId = text('new_room_user_id');
    const { result } = await clients.roomserver.deleteRoom({
      roomId: roomIdParam(request),
      requestedBy: requester.userId,
      block: optionalBoolean(body, 'block') ?? false,
      purge: optionalBoolean(body, 'purge') ?? true,
      forcePurge: optionalBoolean(body, 'force_purge') ?? false,
      ...(newRoomUserId !== undefined && {
        newRoomUserId,
        newRoomName: text('room_name') ?? 'Content Violation Notification',
        message:
          text('message') ??
          'Sharing illegal content on this server is not permitted and rooms in violation will be blocked.',
      }),
    });
    if (result === undefined) throw errors.internal();
    if (result.$case === 'error') throw errors.fromRpc(result.value);
    return json({ delete_id: result.value });
  });
}
