import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/register/available". M_USER_IN_USE, M_INVALID_USERNAME, M_EXCLUSIVE. */
export function checkUsernameAvailability({ clients }: ClientapiContext): Handler {
  return async ({ query }) => {
    const localpart = query.get('username');
    if (localpart === null) throw errors.missingParam('username');
    const { error } = await clients.userapi.checkUsername({ localpart });
    if (error !== undefined) throw errors.fromRpc(error);
    return json({ available: true });
  };
}
