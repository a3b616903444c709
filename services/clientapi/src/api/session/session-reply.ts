import type { Session } from '@plexus/contracts/userapi';
import { errors, optionalString } from '@plexus/http';
import { isDeviceId, type JsonObject } from '@plexus/matrix';
import type { ClientapiSettings } from '../../config.ts';

/** What a client gets of its new session. */
export function sessionReply(session: Session, { serverName, clientBaseUrl }: ClientapiSettings): object {
  return {
    user_id: session.userId,
    device_id: session.deviceId,
    access_token: session.accessToken,
    home_server: serverName,
    ...(clientBaseUrl !== undefined && { well_known: { 'm.homeserver': { base_url: clientBaseUrl } } }),
  };
}

/** What a client wishes of its new device. */
export function wishedDevice(body: JsonObject): { deviceId?: string; initialDeviceDisplayName?: string } {
  const deviceId = optionalString(body, 'device_id');
  const initialDeviceDisplayName = optionalString(body, 'initial_device_display_name', { max: 255 });
  if (deviceId !== undefined && !isDeviceId(deviceId)) throw errors.invalidParam('device_id', 'is not a device id');
  return {
    ...(deviceId !== undefined && { deviceId }),
    ...(initialDeviceDisplayName !== undefined && { initialDeviceDisplayName }),
  };
}
