import { authenticated, emptyObject, type Handler, stringArray } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { endDevices } from './end-devices.ts';

/** Client-server API, "POST /_matrix/client/v3/delete_devices". */
export function deleteDevices(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    await endDevices(context, request, stringArray(request.body, 'devices'));
    return emptyObject();
  });
}
