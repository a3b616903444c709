import { authenticated, emptyObject, type Handler } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { ownDeviceId } from '../requester.ts';

/** Client-server API, "POST /_matrix/client/v3/logout". Answers when no process accepts the token any more. */
export function logout({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { userId } = request.requester;
    await clients.userapi.endSessions({ userId, which: { $case: 'deviceId', value: ownDeviceId(request) } });
    return emptyObject();
  });
}
