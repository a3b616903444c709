import { operation } from '../operation.ts';

/** What application services and third-party networks add to the client-server API. */
export const appservice = [
  operation('client.pingAppservice', 'POST', '/_matrix/client/v1/appservice/{appserviceId}/ping', {
    owner: 'appservice',
    auth: 'appserviceToken',
    body: 'optionalJson',
    also: ['/_matrix/client/unstable/fi.mau.msc2659/appservice/{appserviceId}/ping'],
  }),
  operation(
    'client.updateAppserviceRoomDirectoryVisibility',
    'PUT',
    '/_matrix/client/v3/directory/list/appservice/{networkId}/{roomId}',
    { owner: 'clientapi', auth: 'appserviceToken' },
  ),
  operation('client.queryLocationByAlias', 'GET', '/_matrix/client/v3/thirdparty/location', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/location'],
  }),
  operation('client.queryLocationByProtocol', 'GET', '/_matrix/client/v3/thirdparty/location/{protocol}', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/location/{protocol}'],
  }),
  operation('client.getProtocolMetadata', 'GET', '/_matrix/client/v3/thirdparty/protocol/{protocol}', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/protocol/{protocol}'],
  }),
  operation('client.getProtocols', 'GET', '/_matrix/client/v3/thirdparty/protocols', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/protocols'],
  }),
  operation('client.queryUserByID', 'GET', '/_matrix/client/v3/thirdparty/user', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/user'],
  }),
  operation('client.queryUserByProtocol', 'GET', '/_matrix/client/v3/thirdparty/user/{protocol}', {
    owner: 'appservice',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/thirdparty/user/{protocol}'],
  }),
] as const;
