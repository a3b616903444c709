import type { UpdateDeviceRequest, UpdateDeviceResponse } from '@plexus/contracts/userapi';
import { isDeviceId } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { isDisplayName } from '../../domain/display-names.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { renameDevice } from '../../storage/devices.ts';

/** Renames a device. Client-server API, PUT /devices/{deviceId}. */
export async function updateDevice(
  { database, publish, serverName }: UserapiContext,
  { userId, deviceId, displayName }: UpdateDeviceRequest,
): Promise<UpdateDeviceResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  if (!isDeviceId(deviceId)) return { error: matrixErrors.unknownDevice };
  if (!isDisplayName(displayName)) return { error: matrixErrors.invalidDisplayName };
  const logged = await renameDevice(database, { localpart, deviceId, displayName }, currentTraceparent());
  publish(logged);
  return logged.length === 0 ? { error: matrixErrors.unknownDevice } : {};
}
