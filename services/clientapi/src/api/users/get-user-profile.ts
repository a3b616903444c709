import { errors, type Handler, json, userIdParam } from '@plexus/http';
import { isLocal } from '@plexus/matrix';
import { profileFields, profileOf } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/profile/{userId}". M_NOT_FOUND, also for users of other servers. */
export function getUserProfile({ clients, settings }: ClientapiContext): Handler {
  return async (request) => {
    const userId = userIdParam(request);
    if (!isLocal(userId, settings.serverName)) throw errors.notFound('No such user');
    return json(profileFields(await profileOf(clients.userapi, userId)));
  };
}
