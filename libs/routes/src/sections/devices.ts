import { operation } from '../operation.ts';

/** Devices of a user. */
export const devices = [
  operation('client.deleteDevices', 'POST', '/_matrix/client/v3/delete_devices', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.getDevices', 'GET', '/_matrix/client/v3/devices', { owner: 'clientapi', auth: 'accessToken' }),
  operation('client.deleteDevice', 'DELETE', '/_matrix/client/v3/devices/{deviceId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.getDevice', 'GET', '/_matrix/client/v3/devices/{deviceId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.updateDevice', 'PUT', '/_matrix/client/v3/devices/{deviceId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
] as const;
