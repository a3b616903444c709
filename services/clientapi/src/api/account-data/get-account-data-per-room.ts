import { authenticated, errors, type Handler, rawJson, roomIdParam, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { ownUserIdParam } from '../requester.ts';

/** Client-server API, "GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}". M_NOT_FOUND. */
export function getAccountDataPerRoom({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const roomId = roomIdParam(request);
    const type = textParam(request, 'type');
    const { items } = await clients.userapi.getAccountData({ userId, roomId, types: [type], everything: false });
    const item = items.find((candidate) => candidate.type === type && candidate.roomId === roomId);
    if (item === undefined) throw errors.notFound('No account data of this type');
    return rawJson(item.content);
  });
}
