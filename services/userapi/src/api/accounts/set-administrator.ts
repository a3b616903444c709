import type { SetAdministratorRequest, SetAdministratorResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { setAdministrator as store } from '../../storage/administration.ts';

/** Makes a user an administrator, or no longer one. Holds in every process when this answers. */
export async function setAdministrator(
  { audit, database, serverName, sessions }: UserapiContext,
  { userId, admin, actor }: SetAdministratorRequest,
): Promise<SetAdministratorResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  if (!(await store(database, localpart, admin))) return { error: matrixErrors.noAccount };
  audit({ action: admin ? 'user.promote' : 'user.demote', actor, subject: userId });
  // Sessions go on; what processes hold of them says whether the user is an administrator.
  await sessions.invalidate({ userId, deviceIds: [] });
  return {};
}
