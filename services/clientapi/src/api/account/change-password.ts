import { authenticated, emptyObject, errors, type Handler, optionalBoolean, stringField } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { authenticateInteractively } from '../uia/authenticate-interactively.ts';

/** Client-server API, "POST /_matrix/client/v3/account/password", of a user who is signed in. M_WEAK_PASSWORD. */
export function changePassword(context: ClientapiContext): Handler {
  const { userapi } = context.clients;
  return authenticated(async (request) => {
    const { userId, deviceId } = request.requester;
    await authenticateInteractively(context, request, { flows: [['m.login.password']], userId });
    const newPassword = stringField(request.body, 'new_password', { max: 512 });
    const { error } = await userapi.setPassword({ userId, newPassword });
    if (error !== undefined) throw errors.fromRpc(error);
    if (optionalBoolean(request.body, 'logout_devices') ?? true)
      await userapi.endSessions({
        userId,
        which: deviceId === undefined ? { $case: 'all', value: true } : { $case: 'allExceptDeviceId', value: deviceId },
      });
    return emptyObject();
  });
}
