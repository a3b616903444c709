import { operation } from '../operation.ts';

/** Keys and discovery of the server-server API. */
export const federationKeys = [
  operation('federation.getWellKnown', 'GET', '/.well-known/matrix/server', { owner: 'clientapi', auth: 'none' }),
  operation('federation.bulkPerspectivesKeyQuery', 'POST', '/_matrix/key/v2/query', {
    owner: 'federationapi',
    auth: 'none',
  }),
  operation('federation.perspectivesKeyQuery', 'GET', '/_matrix/key/v2/query/{serverName}', {
    owner: 'federationapi',
    auth: 'none',
    also: ['/_matrix/key/v2/query/{serverName}/{keyId}'],
  }),
  operation('federation.getServerKey', 'GET', '/_matrix/key/v2/server', {
    owner: 'federationapi',
    auth: 'none',
    also: ['/_matrix/key/v2/server/', '/_matrix/key/v2/server/{keyId}'],
  }),
] as const;
