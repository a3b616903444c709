import { authenticated, errors, type Handler, json, textParam } from '@plexus/http';
import type { ThirdPartyNetworks } from '../../third-party-networks.ts';

/** Client-Server API, "GET /_matrix/client/v3/thirdparty/protocol/{protocol}". M_NOT_FOUND. */
export function getProtocolMetadata(networks: () => ThirdPartyNetworks): Handler {
  return authenticated(async (request) => {
    const protocol = await networks().protocol(textParam(request, 'protocol'));
    if (protocol === undefined) throw errors.notFound('No application service provides this protocol');
    return json(protocol);
  });
}
