import type { MatrixError } from '@plexus/contracts/common';
import type { VerifyPasswordRequest, VerifyPasswordResponse } from '@plexus/contracts/userapi';
import { TooMuchWork } from '@plexus/service';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { MAX_PASSWORD_BYTES } from '../../domain/limits.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { findAccount } from '../../storage/accounts.ts';

/** Whether this is the user's password; M_FORBIDDEN when not. Client-server API, "Password-based" of user-interactive authentication. */
export async function verifyPassword(
  context: UserapiContext,
  { userId, password }: VerifyPasswordRequest,
): Promise<VerifyPasswordResponse> {
  const problem = await wrongPassword(context, localLocalpart(userId, context.serverName), password);
  return problem === undefined ? {} : { error: problem };
}

/** The error of a wrong password, or undefined. Takes the same time whether there is such a user or not. */
export async function wrongPassword(
  { database, passwords }: UserapiContext,
  localpart: string | undefined,
  password: string,
): Promise<MatrixError | undefined> {
  const account = localpart === undefined ? undefined : await findAccount(database, localpart);
  const isTooLong = Buffer.byteLength(password) > MAX_PASSWORD_BYTES;
  const passwordHash = isTooLong ? undefined : (account?.password_hash ?? undefined);
  try {
    const matches = await passwords.verify(passwordHash, isTooLong ? '' : password);
    return matches ? undefined : matrixErrors.wrongPassword;
  } catch (error) {
    if (error instanceof TooMuchWork) return matrixErrors.busy;
    throw error;
  }
}
