import type { SetPasswordRequest, SetPasswordResponse } from '@plexus/contracts/userapi';
import { TooMuchWork } from '@plexus/service';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { passwordProblem } from '../../domain/password-rules.ts';
import { updatePassword } from '../../storage/accounts.ts';

/** Changes a password. Sessions stay: whoever asks says by EndSessions which shall end. */
export async function setPassword(
  { audit, database, passwordRules, passwords, serverName }: UserapiContext,
  { userId, newPassword, actor }: SetPasswordRequest,
): Promise<SetPasswordResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  const problem = passwordProblem(newPassword, passwordRules.minLength);
  if (problem !== undefined) return { error: problem };
  try {
    const changed = await updatePassword(database, localpart, await passwords.hash(newPassword));
    if (!changed) return { error: matrixErrors.noAccount };
    audit({ action: 'user.set-password', actor, subject: userId });
    return {};
  } catch (error) {
    if (error instanceof TooMuchWork) return { error: matrixErrors.busy };
    throw error;
  }
}
