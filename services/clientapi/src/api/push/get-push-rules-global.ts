import { authenticated, type Handler, json } from '@plexus/http';
import { readPushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/pushrules/global/". */
export function getPushRulesGlobal({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => json(await readPushRules(clients.userapi, requester.userId)));
}
