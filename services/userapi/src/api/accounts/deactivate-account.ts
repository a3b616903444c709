import type { DeactivateAccountRequest, DeactivateAccountResponse } from '@plexus/contracts/userapi';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { deactivateAccount as deactivate } from '../../storage/accounts.ts';

/**
 * Closes an account for ever: its sessions, devices, profile and account data go, its name stays taken. Done twice it is done once.
 * Client-server API, "Deactivating Accounts".
 */
export async function deactivateAccount(
  { clock, database, publish, serverName, sessions }: UserapiContext,
  { userId, erase }: DeactivateAccountRequest,
): Promise<DeactivateAccountResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  publish(await deactivate(database, { localpart, erase, now: clock.now() }, currentTraceparent()));
  await sessions.invalidate({ userId, deviceIds: [] });
  return {};
}
