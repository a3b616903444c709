import type { CreateRegistrationTokenRequest, CreateRegistrationTokenResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { newRegistrationToken } from '../../domain/random-ids.ts';
import { insertRegistrationToken } from '../../storage/registration-tokens.ts';
import { shownToken } from './revoke-registration-token.ts';

/** Makes a token that so many may register with until then. Client-server API, "Token-authenticated registration". */
export async function createRegistrationToken(
  { audit, clock, database, random }: UserapiContext,
  { token = newRegistrationToken(random), usesAllowed, expiryTs, actor }: CreateRegistrationTokenRequest,
): Promise<CreateRegistrationTokenResponse> {
  if (!/^[A-Za-z0-9._~-]{1,64}$/.test(token)) return refused('invalidRegistrationToken');
  if ((usesAllowed ?? 0) < 0 || (expiryTs ?? 0) < 0) return refused('invalidTokenLimits');
  const inserted = await insertRegistrationToken(database, { token, usesAllowed, expiryTs, now: clock.now() });
  if (inserted) audit({ action: 'registration-token.create', actor, subject: shownToken(token) });
  return inserted ? { result: { $case: 'token', value: token } } : refused('registrationTokenExists');
}

function refused(
  problem: 'invalidRegistrationToken' | 'invalidTokenLimits' | 'registrationTokenExists',
): CreateRegistrationTokenResponse {
  return { result: { $case: 'error', value: matrixErrors[problem] } };
}
