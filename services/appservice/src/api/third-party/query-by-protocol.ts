import { authenticated, type Handler, json, textParam } from '@plexus/http';
import type { LookupKind } from '../../domain/third-party.ts';
import type { ThirdPartyNetworks } from '../../third-party-networks.ts';

/** What of a query says who asks; everything else is a field of the protocol. */
const ofTheRequester = ['access_token', 'user_id', 'device_id', 'org.matrix.msc3202.device_id'];

/**
 * Client-Server API, "GET /_matrix/client/v3/thirdparty/user/{protocol}" and "GET /_matrix/client/v3/thirdparty/location/{protocol}". An empty
 * list when nothing matches.
 */
export function queryByProtocol(kind: LookupKind, networks: () => ThirdPartyNetworks): Handler {
  return authenticated(async (request) => {
    const fields = new URLSearchParams(request.query);
    for (const name of ofTheRequester) fields.delete(name);
    return json(await networks().lookUp(kind, textParam(request, 'protocol'), fields));
  });
}
