import { operation } from '../operation.ts';

/** End-to-end encryption: device keys, cross-signing, key backup, to-device messages. */
export const encryption = [
  operation('client.getKeysChanges', 'GET', '/_matrix/client/v3/keys/changes', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.claimKeys', 'POST', '/_matrix/client/v3/keys/claim', { owner: 'clientapi', auth: 'accessToken' }),
  operation('client.uploadCrossSigningKeys', 'POST', '/_matrix/client/v3/keys/device_signing/upload', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    also: ['/_matrix/client/unstable/keys/device_signing/upload'],
  }),
  operation('client.queryKeys', 'POST', '/_matrix/client/v3/keys/query', { owner: 'clientapi', auth: 'accessToken' }),
  operation('client.uploadCrossSigningSignatures', 'POST', '/_matrix/client/v3/keys/signatures/upload', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    also: ['/_matrix/client/unstable/keys/signatures/upload'],
  }),
  operation('client.uploadKeys', 'POST', '/_matrix/client/v3/keys/upload', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.deleteRoomKeys', 'DELETE', '/_matrix/client/v3/room_keys/keys', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomKeys', 'GET', '/_matrix/client/v3/room_keys/keys', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.putRoomKeys', 'PUT', '/_matrix/client/v3/room_keys/keys', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.deleteRoomKeysByRoomId', 'DELETE', '/_matrix/client/v3/room_keys/keys/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomKeysByRoomId', 'GET', '/_matrix/client/v3/room_keys/keys/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.putRoomKeysByRoomId', 'PUT', '/_matrix/client/v3/room_keys/keys/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.deleteRoomKeyBySessionId', 'DELETE', '/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomKeyBySessionId', 'GET', '/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.putRoomKeyBySessionId', 'PUT', '/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomKeysVersionCurrent', 'GET', '/_matrix/client/v3/room_keys/version', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.postRoomKeysVersion', 'POST', '/_matrix/client/v3/room_keys/version', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.deleteRoomKeysVersion', 'DELETE', '/_matrix/client/v3/room_keys/version/{version}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getRoomKeysVersion', 'GET', '/_matrix/client/v3/room_keys/version/{version}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.putRoomKeysVersion', 'PUT', '/_matrix/client/v3/room_keys/version/{version}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.sendToDevice', 'PUT', '/_matrix/client/v3/sendToDevice/{eventType}/{txnId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
] as const;
