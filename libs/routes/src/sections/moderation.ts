import { operation } from '../operation.ts';

/** Reports and the administration endpoints of the specification. */
export const moderation = [
  operation('client.reportRoom', 'POST', '/_matrix/client/v3/rooms/{roomId}/report', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.reportEvent', 'POST', '/_matrix/client/v3/rooms/{roomId}/report/{eventId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.reportUser', 'POST', '/_matrix/client/v3/users/{userId}/report', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getAdminLockUser', 'GET', '/_matrix/client/v1/admin/lock/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setAdminLockUser', 'PUT', '/_matrix/client/v1/admin/lock/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.getAdminSuspendUser', 'GET', '/_matrix/client/v1/admin/suspend/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setAdminSuspendUser', 'PUT', '/_matrix/client/v1/admin/suspend/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.getWhoIs', 'GET', '/_matrix/client/v3/admin/whois/{userId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
] as const;
