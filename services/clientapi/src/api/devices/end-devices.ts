import type { AuthenticatedRequest } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { authenticateInteractively } from '../uia/authenticate-interactively.ts';

/** Ends sessions of the requester once the password was given again; an application service has shown enough by its token. */
export async function endDevices(
  context: ClientapiContext,
  request: AuthenticatedRequest,
  deviceIds: string[],
): Promise<void> {
  const { kind, userId } = request.requester;
  if (kind === 'user') await authenticateInteractively(context, request, { flows: [['m.login.password']], userId });
  if (deviceIds.length === 0) return;
  await context.clients.userapi.endSessions({ userId, which: { $case: 'devices', value: { deviceIds } } });
}
