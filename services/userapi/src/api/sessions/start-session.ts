import type { MatrixError } from '@plexus/contracts/common';
import type { Session } from '@plexus/contracts/userapi';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { MAX_DEVICES } from '../../domain/limits.ts';
import { userIdOf } from '../../domain/localparts.ts';
import { startSession as storeSession } from '../../storage/sessions.ts';
import { type DeviceOfLogin, deviceProblem, prepareSession } from './prepare-session.ts';

export type SessionResult =
  | { readonly $case: 'session'; readonly value: Session }
  | { readonly $case: 'error'; readonly value: MatrixError };

/**
 * A session for a user who has proved who they are. The session its device had before has ended everywhere when this answers.
 * Client-server API, "Relationship between access tokens and devices".
 */
export async function startSession(
  { clock, database, publish, random, serverName, sessions }: UserapiContext,
  localpart: string,
  device: DeviceOfLogin,
): Promise<SessionResult> {
  const problem = deviceProblem(device);
  if (problem !== undefined) return { $case: 'error', value: problem };
  const { accessToken, stored } = prepareSession(random, device);
  const started = await storeSession(database, localpart, stored, clock.now(), MAX_DEVICES, currentTraceparent());
  if (started.outcome === 'noAccount') return { $case: 'error', value: matrixErrors.deactivated };
  publish(started.logged);
  const { deviceId } = stored;
  const userId = userIdOf(localpart, serverName);
  if (started.ended.length > 0) await sessions.invalidate({ userId, deviceIds: [...started.ended] });
  return { $case: 'session', value: { userId, deviceId, accessToken } };
}
