import { authenticated, errors, type Handler, json, rawJson, textParam } from '@plexus/http';
import { readPushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { ownUserIdParam } from '../requester.ts';

/** Client-server API, "GET /_matrix/client/v3/user/{userId}/account_data/{type}". M_NOT_FOUND. */
export function getAccountData({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const type = textParam(request, 'type');
    // Every user has push rules, also when none of them was ever changed.
    if (type === 'm.push_rules') return json({ global: await readPushRules(clients.userapi, userId) });
    const { items } = await clients.userapi.getAccountData({ userId, types: [type], everything: false });
    const item = items.find((candidate) => candidate.type === type && candidate.roomId === undefined);
    if (item === undefined) throw errors.notFound('No account data of this type');
    return rawJson(item.content);
  });
}
