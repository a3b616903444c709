import type { CheckUsernameRequest, CheckUsernameResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localpartOfName, localpartProblem } from '../../domain/localparts.ts';
import { findAccount } from '../../storage/accounts.ts';

/** Whether a user name may be registered now. Client-server API, GET /register/available. */
export async function checkUsername(
  { database, registrations, serverName }: UserapiContext,
  { localpart: name, appserviceId }: CheckUsernameRequest,
): Promise<CheckUsernameResponse> {
  const localpart = localpartOfName(name, appserviceId);
  const problem = localpartProblem(localpart, serverName, await registrations.current(), appserviceId);
  if (problem !== undefined) return { error: problem };
  return (await findAccount(database, localpart)) === undefined ? {} : { error: matrixErrors.userInUse };
}
