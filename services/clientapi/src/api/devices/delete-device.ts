import { authenticated, emptyObject, type Handler, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { endDevices } from './end-devices.ts';

/** Client-server API, "DELETE /_matrix/client/v3/devices/{deviceId}". */
export function deleteDevice(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    await endDevices(context, request, [textParam(request, 'deviceId', 512)]);
    return emptyObject();
  });
}
