import { operation } from '../operation.ts';

/** Outside the specification: what operators' tools and the test suites call on every homeserver. */
export const synapseAdmin = [
  operation('admin.sharedSecretRegisterNonce', 'GET', '/_synapse/admin/v1/register', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'general',
  }),
  operation('admin.sharedSecretRegister', 'POST', '/_synapse/admin/v1/register', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'general',
  }),
  operation('admin.deleteRoom', 'DELETE', '/_synapse/admin/v2/rooms/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('admin.deleteStatusByRoom', 'GET', '/_synapse/admin/v2/rooms/{roomId}/delete_status', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('admin.deleteStatusById', 'GET', '/_synapse/admin/v2/rooms/delete_status/{deleteId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('admin.blockRoom', 'PUT', '/_synapse/admin/v1/rooms/{roomId}/block', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('admin.getRoomBlock', 'GET', '/_synapse/admin/v1/rooms/{roomId}/block', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('admin.purgeHistory', 'POST', '/_synapse/admin/v1/purge_history/{roomId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    also: ['/_synapse/admin/v1/purge_history/{roomId}/{eventId}'],
  }),
  operation('admin.purgeHistoryStatus', 'GET', '/_synapse/admin/v1/purge_history_status/{purgeId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
] as const;
