import { authenticated, type Handler, json } from '@plexus/http';
import type { ThirdPartyNetworks } from '../../third-party-networks.ts';

/** Client-Server API, "GET /_matrix/client/v3/thirdparty/protocols". A bridge that does not answer is left out. */
export function getProtocols(networks: () => ThirdPartyNetworks): Handler {
  return authenticated(async () => json(await networks().protocols()));
}
