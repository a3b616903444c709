import { operation } from '../operation.ts';

/** Profiles, presence and the user directory. A new name or picture is an event in every room of the user, as a message is in one. */
export const users = [
  operation('client.getMutualRooms', 'GET', '/_matrix/client/v1/mutual_rooms', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms'],
  }),
  operation('client.getPresence', 'GET', '/_matrix/client/v3/presence/{userId}/status', {
    owner: 'typing',
    auth: 'accessToken',
  }),
  operation('client.setPresence', 'PUT', '/_matrix/client/v3/presence/{userId}/status', {
    owner: 'typing',
    auth: 'accessToken',
    rate: 'presence',
  }),
  operation('client.getUserProfile', 'GET', '/_matrix/client/v3/profile/{userId}', {
    owner: 'clientapi',
    auth: 'none',
  }),
  operation('client.deleteProfileField', 'DELETE', '/_matrix/client/v3/profile/{userId}/{keyName}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
    also: ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}'],
  }),
  operation('client.getProfileField', 'GET', '/_matrix/client/v3/profile/{userId}/{keyName}', {
    owner: 'clientapi',
    auth: 'none',
    also: ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}'],
  }),
  operation('client.setProfileField', 'PUT', '/_matrix/client/v3/profile/{userId}/{keyName}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
    also: ['/_matrix/client/unstable/uk.tcpip.msc4133/profile/{userId}/{keyName}'],
  }),
  operation('client.searchUserDirectory', 'POST', '/_matrix/client/v3/user_directory/search', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
] as const;
