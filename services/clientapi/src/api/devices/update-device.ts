import { authenticated, emptyObject, errors, type Handler, optionalString, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "PUT /_matrix/client/v3/devices/{deviceId}". M_NOT_FOUND. */
export function updateDevice({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const displayName = optionalString(request.body, 'display_name', { max: 255 });
    const { error } = await clients.userapi.updateDevice({
      userId: request.requester.userId,
      deviceId: textParam(request, 'deviceId', 512),
      ...(displayName !== undefined && { displayName }),
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
