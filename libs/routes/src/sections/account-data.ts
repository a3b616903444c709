import { operation } from '../operation.ts';

/** Account data, tags and filters. */
export const accountData = [
  operation('client.getAccountData', 'GET', '/_matrix/client/v3/user/{userId}/account_data/{type}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setAccountData', 'PUT', '/_matrix/client/v3/user/{userId}/account_data/{type}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation(
    'client.getAccountDataPerRoom',
    'GET',
    '/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}',
    { owner: 'clientapi', auth: 'accessToken' },
  ),
  operation(
    'client.setAccountDataPerRoom',
    'PUT',
    '/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}',
    { owner: 'clientapi', auth: 'accessToken', rate: 'accountData' },
  ),
  operation('client.defineFilter', 'POST', '/_matrix/client/v3/user/{userId}/filter', {
    owner: 'syncapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation('client.getFilter', 'GET', '/_matrix/client/v3/user/{userId}/filter/{filterId}', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getRoomTags', 'GET', '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.deleteRoomTag', 'DELETE', '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation('client.setRoomTag', 'PUT', '/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
] as const;
