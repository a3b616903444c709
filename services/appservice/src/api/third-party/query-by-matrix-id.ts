import { authenticated, errors, type Handler, json } from '@plexus/http';
import { isUserId, parseRoomAlias } from '@plexus/matrix';
import type { LookupKind } from '../../domain/third-party.ts';
import type { ThirdPartyNetworks } from '../../third-party-networks.ts';

/**
 * Client-Server API, "GET /_matrix/client/v3/thirdparty/user" and "GET /_matrix/client/v3/thirdparty/location". An empty list when no
 * application service knows the user or the alias.
 */
export function queryByMatrixId(kind: LookupKind, networks: () => ThirdPartyNetworks): Handler {
  const parameter = kind === 'user' ? 'userid' : 'alias';
  const isId = kind === 'user' ? isUserId : (text: string) => parseRoomAlias(text) !== undefined;
  return authenticated(async ({ query }) => {
    const id = query.get(parameter);
    if (id === null) throw errors.missingParam(parameter);
    if (!isId(id)) throw errors.invalidParam(parameter, kind === 'user' ? 'is not a user id' : 'is not an alias');
    return json(await networks().reverseLookUp(kind, id));
  });
}
