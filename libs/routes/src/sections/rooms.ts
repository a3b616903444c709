import { operation } from '../operation.ts';

/** Rooms as such: creation, upgrade, directory, aliases, spaces. */
export const rooms = [
  operation('client.createRoom', 'POST', '/_matrix/client/v3/createRoom', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'message',
  }),
  operation('client.getRoomVisibilityOnDirectory', 'GET', '/_matrix/client/v3/directory/list/room/{roomId}', {
    owner: 'clientapi',
    auth: 'none',
  }),
  operation('client.setRoomVisibilityOnDirectory', 'PUT', '/_matrix/client/v3/directory/list/room/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getPublicRooms', 'GET', '/_matrix/client/v3/publicRooms', { owner: 'clientapi', auth: 'none' }),
  operation('client.queryPublicRooms', 'POST', '/_matrix/client/v3/publicRooms', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.getRoomSummary', 'GET', '/_matrix/client/v1/room_summary/{roomIdOrAlias}', {
    owner: 'clientapi',
    auth: 'optionalAccessToken',
    also: [
      '/_matrix/client/unstable/im.nheko.summary/summary/{roomIdOrAlias}',
      '/_matrix/client/unstable/im.nheko.summary/rooms/{roomIdOrAlias}/summary',
    ],
  }),
  operation('client.upgradeRoom', 'POST', '/_matrix/client/v3/rooms/{roomId}/upgrade', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
  }),
  operation('client.deleteRoomAlias', 'DELETE', '/_matrix/client/v3/directory/room/{roomAlias}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomIdByAlias', 'GET', '/_matrix/client/v3/directory/room/{roomAlias}', {
    owner: 'clientapi',
    auth: 'none',
  }),
  operation('client.setRoomAlias', 'PUT', '/_matrix/client/v3/directory/room/{roomAlias}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getLocalAliases', 'GET', '/_matrix/client/v3/rooms/{roomId}/aliases', {
    owner: 'syncapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getSpaceHierarchy', 'GET', '/_matrix/client/v1/rooms/{roomId}/hierarchy', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/org.matrix.msc2946/rooms/{roomId}/hierarchy'],
  }),
] as const;
