import { authenticated, emptyObject, type Handler } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "POST /_matrix/client/v3/logout/all". */
export function logoutAll({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => {
    await clients.userapi.endSessions({ userId: requester.userId, which: { $case: 'all', value: true } });
    return emptyObject();
  });
}
