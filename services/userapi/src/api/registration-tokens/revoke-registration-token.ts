import type { RevokeRegistrationTokenRequest, RevokeRegistrationTokenResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { deleteRegistrationToken } from '../../storage/registration-tokens.ts';

/** Nobody registers with the token any more; accounts that were made with it stay. */
export async function revokeRegistrationToken(
  { audit, database }: UserapiContext,
  { token, actor }: RevokeRegistrationTokenRequest,
): Promise<RevokeRegistrationTokenResponse> {
  const revoked = isStorable(token) && (await deleteRegistrationToken(database, token));
  if (revoked) audit({ action: 'registration-token.revoke', actor, subject: shownToken(token) });
  return { revoked };
}

/** A token in the log: its beginning names it, and lets nobody in who reads the log. */
export function shownToken(token: string): string {
  return `${token.slice(0, Math.min(4, Math.floor(token.length / 2)))}…`;
}
