import { authenticated, emptyObject, errors, type Handler, roomIdParam, stringField, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/**
 * Client-server API, "PUT /_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}". M_NOT_FOUND, M_FORBIDDEN. The network is the
 * calling service's own: its instance id is `<service>|<network>`.
 */
export function updateAppserviceRoomDirectoryVisibility({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { requester } = request;
    if (requester.kind !== 'appservice') throw errors.forbidden('Only an application service may do this');
    const visibility = stringField(request.body, 'visibility');
    if (visibility !== 'public' && visibility !== 'private')
      throw errors.invalidParam('visibility', 'is neither public nor private');
    const { error } = await clients.roomserver.setNetworkListing({
      roomId: roomIdParam(request),
      userId: requester.userId,
      network: `${requester.appserviceId}|${textParam(request, 'networkId')}`,
      published: visibility === 'public',
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
