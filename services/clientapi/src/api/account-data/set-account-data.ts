import { authenticated, emptyObject, errors, type Handler } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { ownUserIdParam } from '../requester.ts';
import { writableType } from './account-data-type.ts';

/** Client-server API, "PUT /_matrix/client/v3/user/{userId}/account_data/{type}". */
export function setAccountData({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const type = writableType(request);
    const { error } = await clients.userapi.setAccountData({ userId, type, content: JSON.stringify(request.body) });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
