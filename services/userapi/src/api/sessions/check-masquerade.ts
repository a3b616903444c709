import type { CheckMasqueradeRequest, CheckMasqueradeResponse } from '@plexus/contracts/userapi';
import { isDeviceId } from '@plexus/matrix';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { findDevice } from '../../storage/devices.ts';

/** Whether there is such a user, with such a device, for an application service to act as. Application Service API, "Identity assertion". */
export async function checkMasquerade(
  { database, serverName }: UserapiContext,
  { userId, deviceId }: CheckMasqueradeRequest,
): Promise<CheckMasqueradeResponse> {
  if (deviceId !== undefined && !isDeviceId(deviceId)) return { error: matrixErrors.unknownMasqueradeDevice };
  const localpart = localLocalpart(userId, serverName);
  const found = localpart === undefined ? undefined : await findDevice(database, localpart, deviceId);
  if (found === undefined) return { error: matrixErrors.noAccount };
  return deviceId === undefined || found.deviceExists ? {} : { error: matrixErrors.unknownMasqueradeDevice };
}
