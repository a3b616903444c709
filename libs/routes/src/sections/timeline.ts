import { operation } from '../operation.ts';

/** Sync, history and search. */
export const timeline = [
  operation('client.getEventContext', 'GET', '/_matrix/client/v3/rooms/{roomId}/context/{eventId}', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getRelatingEvents', 'GET', '/_matrix/client/v1/rooms/{roomId}/relations/{eventId}', {
    owner: 'syncapi',
    auth: 'accessToken',
    also: ['/_matrix/client/unstable/rooms/{roomId}/relations/{eventId}'],
  }),
  operation(
    'client.getRelatingEventsWithRelType',
    'GET',
    '/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}',
    {
      owner: 'syncapi',
      auth: 'accessToken',
      also: ['/_matrix/client/unstable/rooms/{roomId}/relations/{eventId}/{relType}'],
    },
  ),
  operation(
    'client.getRelatingEventsWithRelTypeAndEventType',
    'GET',
    '/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}',
    {
      owner: 'syncapi',
      auth: 'accessToken',
      also: ['/_matrix/client/unstable/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}'],
    },
  ),
  operation('client.getEventByTimestamp', 'GET', '/_matrix/client/v1/rooms/{roomId}/timestamp_to_event', {
    owner: 'syncapi',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/org.matrix.msc3030/rooms/{roomId}/timestamp_to_event'],
  }),
  operation('client.roomInitialSync', 'GET', '/_matrix/client/v3/rooms/{roomId}/initialSync', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getRoomEvents', 'GET', '/_matrix/client/v3/rooms/{roomId}/messages', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.search', 'POST', '/_matrix/client/v3/search', {
    owner: 'syncapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getEvents', 'GET', '/_matrix/client/v3/events', { owner: 'syncapi', auth: 'accessToken' }),
  operation('client.getOneEvent', 'GET', '/_matrix/client/v3/events/{eventId}', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.initialSync', 'GET', '/_matrix/client/v3/initialSync', { owner: 'syncapi', auth: 'accessToken' }),
  operation('client.sync', 'GET', '/_matrix/client/v3/sync', { owner: 'syncapi', auth: 'accessToken' }),
  operation('client.getThreadRoots', 'GET', '/_matrix/client/v1/rooms/{roomId}/threads', {
    owner: 'syncapi',
    auth: 'accessToken',
    rate: 'general',
    also: ['/_matrix/client/unstable/org.matrix.msc3856/rooms/{roomId}/threads'],
  }),
  operation('client.simplifiedSlidingSync', 'POST', '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
] as const;
