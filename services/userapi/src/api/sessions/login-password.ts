import type { LoginPasswordRequest, LoginPasswordResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localpartOfLogin } from '../../domain/localparts.ts';
import { wrongPassword } from '../accounts/verify-password.ts';
import { deviceProblem } from './prepare-session.ts';
import { startSession } from './start-session.ts';

/** Signs a user in by password: M_FORBIDDEN when that is wrong, or there is no such user, after the same time. */
export async function loginPassword(
  context: UserapiContext,
  { user, password, ...device }: LoginPasswordRequest,
): Promise<LoginPasswordResponse> {
  const localpart = localpartOfLogin(user, context.serverName);
  const problem = deviceProblem(device) ?? (await wrongPassword(context, localpart, password));
  context.metrics.logins.inc({ outcome: problem === undefined ? 'accepted' : 'refused' });
  if (problem !== undefined) return { result: { $case: 'error', value: problem } };
  return { result: await startSession(context, localpart ?? '', device) };
}
