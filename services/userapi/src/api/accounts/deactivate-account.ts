import type { DeactivateAccountRequest, DeactivateAccountResponse } from '@plexus/contracts/userapi';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { deactivateAccount as deactivate, findAccount } from '../../storage/accounts.ts';

/**
 * Closes an account for ever: its sessions, devices, pushers, account data and third-party identifiers go, with `erase` its profile too; its
 * rooms are left in the background, and its name stays taken. Done twice it is done once.
 * Client-server API, "Deactivating Accounts".
 */
export async function deactivateAccount(
  { audit, clock, database, departures, publish, serverName, sessions }: UserapiContext,
  { userId, erase, actor }: DeactivateAccountRequest,
): Promise<DeactivateAccountResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  if ((await findAccount(database, localpart)) === undefined) return { error: matrixErrors.noAccount };
  publish(await deactivate(database, { localpart, erase, now: clock.now() }, currentTraceparent()));
  audit({ action: 'user.deactivate', actor, subject: userId });
  departures.wake();
  await sessions.invalidate({ userId, deviceIds: [] });
  return {};
}
