import { type AuthenticatedRequest, errors, optionalQueryInteger, userIdParam } from '@plexus/http';
import type { DeviceId, UserId } from '@plexus/matrix';

/** The user that a path names, who must be the one that asks. Throws M_FORBIDDEN. */
export function ownUserIdParam(request: AuthenticatedRequest): UserId {
  const userId = userIdParam(request);
  if (userId !== request.requester.userId) throw errors.forbidden('This belongs to another user');
  return userId;
}

/** The device of the session. Throws M_FORBIDDEN for an application service that acts as no device. */
export function ownDeviceId(request: AuthenticatedRequest): DeviceId {
  const { deviceId } = request.requester;
  if (deviceId === undefined) throw errors.forbidden('Only a device may do this');
  return deviceId;
}

/** When an event happened, as application services may say (`ts`). Application service API, "Timestamp massaging". */
export function massagedTimestamp({ query, requester }: AuthenticatedRequest): { originServerTs?: number } {
  const originServerTs = requester.kind === 'appservice' ? optionalQueryInteger(query, 'ts') : undefined;
  return originServerTs === undefined ? {} : { originServerTs };
}
