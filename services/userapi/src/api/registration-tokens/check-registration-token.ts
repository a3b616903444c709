import type { CheckRegistrationTokenRequest, CheckRegistrationTokenResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { isUsableToken } from '../../storage/registration-tokens.ts';

/** Whether somebody may register with this token now. Client-server API, GET /register/m.login.registration_token/validity. */
export async function checkRegistrationToken(
  { clock, database }: UserapiContext,
  { token }: CheckRegistrationTokenRequest,
): Promise<CheckRegistrationTokenResponse> {
  return { valid: !token.includes('\0') && (await isUsableToken(database, token, clock.now())) };
}
