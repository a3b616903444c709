import { authenticated, errors, type Handler, json, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { deviceReply, devicesOf } from './device-reply.ts';

/** Client-server API, "GET /_matrix/client/v3/devices/{deviceId}". M_NOT_FOUND. */
export function getDevice({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const deviceId = textParam(request, 'deviceId', 512);
    const devices = await devicesOf(clients.userapi, request.requester.userId);
    const device = devices.find((candidate) => candidate.deviceId === deviceId);
    if (device === undefined) throw errors.notFound('No such device');
    return json(deviceReply(device));
  });
}
