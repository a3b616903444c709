import { authenticated, emptyObject, errors, type Handler, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { ownUserIdParam } from '../requester.ts';
import { writableType } from './account-data-type.ts';

/** Client-server API, "PUT /_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}". */
export function setAccountDataPerRoom({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const roomId = roomIdParam(request);
    const type = writableType(request);
    const content = JSON.stringify(request.body);
    const { error } = await clients.userapi.setAccountData({ userId, roomId, type, content });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
