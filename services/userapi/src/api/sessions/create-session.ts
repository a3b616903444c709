import type { CreateSessionRequest, CreateSessionResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { findAccount } from '../../storage/accounts.ts';
import { startSession } from './start-session.ts';

/** Signs in a user for whom somebody else vouches: an application service, for the users of its namespaces. */
export async function createSession(
  context: UserapiContext,
  { userId, ...device }: CreateSessionRequest,
): Promise<CreateSessionResponse> {
  const localpart = localLocalpart(userId, context.serverName);
  if (localpart === undefined || (await findAccount(context.database, localpart)) === undefined)
    return { result: { $case: 'error', value: matrixErrors.noAccount } };
  return { result: await startSession(context, localpart, device) };
}
