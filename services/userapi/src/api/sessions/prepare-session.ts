import type { MatrixError } from '@plexus/contracts/common';
import { isDeviceId } from '@plexus/matrix';
import type { Random } from '@plexus/observability';
import { hashToken } from '@plexus/tokens';
import { isDisplayName } from '../../domain/display-names.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { newAccessToken, newDeviceId } from '../../domain/random-ids.ts';
import type { NewSession } from '../../storage/accounts.ts';

/** What a client says about its device when it signs in. */
export interface DeviceOfLogin {
  readonly deviceId?: string | undefined;
  readonly initialDeviceDisplayName?: string | undefined;
}

export interface PreparedSession {
  /** In clear: given to the client and nowhere else. */
  readonly accessToken: string;
  readonly stored: NewSession;
}

export function deviceProblem({ deviceId, initialDeviceDisplayName }: DeviceOfLogin): MatrixError | undefined {
  if (deviceId !== undefined && !isDeviceId(deviceId)) return matrixErrors.invalidDeviceId;
  return isDisplayName(initialDeviceDisplayName) ? undefined : matrixErrors.invalidDisplayName;
}

/** A new access token and, when the client names none, a new device. */
export function prepareSession(random: Random, { deviceId, initialDeviceDisplayName }: DeviceOfLogin): PreparedSession {
  const accessToken = newAccessToken(random);
  return {
    accessToken,
    stored: {
      tokenHash: hashToken(accessToken),
      deviceId: deviceId ?? newDeviceId(random),
      deviceDisplayName: initialDeviceDisplayName,
    },
  };
}
