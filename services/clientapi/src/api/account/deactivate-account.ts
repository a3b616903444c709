import {
  type AuthenticatedRequest,
  authenticated,
  errors,
  type Handler,
  json,
  optionalBoolean,
  optionalString,
} from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { authenticateInteractively } from '../uia/authenticate-interactively.ts';

/**
 * Client-server API, "POST /_matrix/client/v3/account/deactivate". No identifier of a user was ever bound to an identity server from here,
 * so there is nothing to unbind, and that succeeds.
 */
export function deactivateAccount(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { userId } = request.requester;
    await prove(context, request);
    optionalString(request.body, 'id_server');
    const erase = optionalBoolean(request.body, 'erase') ?? false;
    const { error } = await context.clients.userapi.deactivateAccount({ userId, erase });
    if (error !== undefined) throw errors.fromRpc(error);
    return json({ id_server_unbind_result: 'success' });
  });
}

/** The token of an application service is proof enough for its users, who have no password. */
async function prove(context: ClientapiContext, request: AuthenticatedRequest): Promise<void> {
  const { kind, userId } = request.requester;
  if (kind === 'user') await authenticateInteractively(context, request, { flows: [['m.login.password']], userId });
}
