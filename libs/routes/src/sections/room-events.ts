import { operation } from '../operation.ts';

/** Sending events, and reading single ones and state: clientapi writes, syncapi reads rooms. */
export const roomEvents = [
  operation('client.getOneRoomEvent', 'GET', '/_matrix/client/v3/rooms/{roomId}/event/{eventId}', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getMembersByRoom', 'GET', '/_matrix/client/v3/rooms/{roomId}/members', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getRoomState', 'GET', '/_matrix/client/v3/rooms/{roomId}/state', {
    owner: 'syncapi',
    auth: 'accessToken',
    also: ['/_matrix/client/v3/rooms/{roomId}/state/'],
  }),
  operation('client.getRoomStateWithKey', 'GET', '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}', {
    owner: 'syncapi',
    auth: 'accessToken',
    also: [
      '/_matrix/client/v3/rooms/{roomId}/state/{eventType}',
      '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/',
    ],
  }),
  operation('client.setReadMarker', 'POST', '/_matrix/client/v3/rooms/{roomId}/read_markers', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.postReceipt', 'POST', '/_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.redactEvent', 'PUT', '/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
  }),
  operation('client.sendMessage', 'PUT', '/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
    body: 'eventContent',
  }),
  operation('client.setRoomStateWithKey', 'PUT', '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'message',
    body: 'eventContent',
    also: [
      '/_matrix/client/v3/rooms/{roomId}/state/{eventType}',
      '/_matrix/client/v3/rooms/{roomId}/state/{eventType}/',
    ],
  }),
  operation('client.setTyping', 'PUT', '/_matrix/client/v3/rooms/{roomId}/typing/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
] as const;
