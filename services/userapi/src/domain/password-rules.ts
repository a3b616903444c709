import type { MatrixError } from '@plexus/contracts/common';
import { matrixErrors } from './errors.ts';
import { MAX_PASSWORD_BYTES } from './limits.ts';

/** Why a new password is not accepted. Client-server API, M_WEAK_PASSWORD. */
export function passwordProblem(password: string, minLength: number): MatrixError | undefined {
  if (password.length < minLength) return matrixErrors.weakPassword(minLength);
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return matrixErrors.passwordTooLong;
  return undefined;
}
