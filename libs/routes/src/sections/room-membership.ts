import { operation } from '../operation.ts';

/** Joining, inviting, leaving, banning. Joins, knocks and invites are counted where they are made, whichever request makes them. */
export const roomMembership = [
  operation('client.getJoinedMembersByRoom', 'GET', '/_matrix/client/v3/rooms/{roomId}/joined_members', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.joinRoom', 'POST', '/_matrix/client/v3/join/{roomIdOrAlias}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.getJoinedRooms', 'GET', '/_matrix/client/v3/joined_rooms', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.knockRoom', 'POST', '/_matrix/client/v3/knock/{roomIdOrAlias}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.ban', 'POST', '/_matrix/client/v3/rooms/{roomId}/ban', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.forgetRoom', 'POST', '/_matrix/client/v3/rooms/{roomId}/forget', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.inviteUser', 'POST', '/_matrix/client/v3/rooms/{roomId}/invite', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.joinRoomById', 'POST', '/_matrix/client/v3/rooms/{roomId}/join', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.kick', 'POST', '/_matrix/client/v3/rooms/{roomId}/kick', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.leaveRoom', 'POST', '/_matrix/client/v3/rooms/{roomId}/leave', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.unban', 'POST', '/_matrix/client/v3/rooms/{roomId}/unban', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
] as const;
