import { authenticated, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { deviceReply, devicesOf } from './device-reply.ts';

/** Client-server API, "GET /_matrix/client/v3/devices". */
export function getDevices({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => {
    const devices = await devicesOf(clients.userapi, requester.userId);
    return json({ devices: devices.map(deviceReply) });
  });
}
