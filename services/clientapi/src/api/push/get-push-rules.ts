import { authenticated, type Handler, json } from '@plexus/http';
import { readPushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/pushrules/". */
export function getPushRules({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) =>
    json({ global: await readPushRules(clients.userapi, requester.userId) }),
  );
}
