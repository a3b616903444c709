import { operation } from '../operation.ts';

/** The server-server API, but for keys. */
export const federation = [
  operation('federation.backfillRoom', 'GET', '/_matrix/federation/v1/backfill/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getMissingPreviousEvents', 'POST', '/_matrix/federation/v1/get_missing_events/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getContent', 'GET', '/_matrix/federation/v1/media/download/{mediaId}', {
    owner: 'mediaapi',
    auth: 'federation',
  }),
  operation('federation.getContentThumbnail', 'GET', '/_matrix/federation/v1/media/thumbnail/{mediaId}', {
    owner: 'mediaapi',
    auth: 'federation',
  }),
  operation('federation.getUserDevices', 'GET', '/_matrix/federation/v1/user/devices/{userId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.claimUserEncryptionKeys', 'POST', '/_matrix/federation/v1/user/keys/claim', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.queryUserEncryptionKeys', 'POST', '/_matrix/federation/v1/user/keys/query', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.sendInviteV1', 'PUT', '/_matrix/federation/v1/invite/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.sendInviteV2', 'PUT', '/_matrix/federation/v2/invite/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.makeJoin', 'GET', '/_matrix/federation/v1/make_join/{roomId}/{userId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.sendJoinV2', 'PUT', '/_matrix/federation/v2/send_join/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.makeKnock', 'GET', '/_matrix/federation/v1/make_knock/{roomId}/{userId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.sendKnock', 'PUT', '/_matrix/federation/v1/send_knock/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.makeLeave', 'GET', '/_matrix/federation/v1/make_leave/{roomId}/{userId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.sendLeaveV2', 'PUT', '/_matrix/federation/v2/send_leave/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.exchangeOpenIdToken', 'GET', '/_matrix/federation/v1/openid/userinfo', {
    owner: 'federationapi',
    auth: 'none',
  }),
  operation('federation.getEventAuth', 'GET', '/_matrix/federation/v1/event_auth/{roomId}/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getPublicRooms', 'GET', '/_matrix/federation/v1/publicRooms', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.queryPublicRooms', 'POST', '/_matrix/federation/v1/publicRooms', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.queryRoomDirectory', 'GET', '/_matrix/federation/v1/query/directory', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.queryProfile', 'GET', '/_matrix/federation/v1/query/profile', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.queryInfo', 'GET', '/_matrix/federation/v1/query/{queryType}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getEvent', 'GET', '/_matrix/federation/v1/event/{eventId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getRoomState', 'GET', '/_matrix/federation/v1/state/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getRoomStateIds', 'GET', '/_matrix/federation/v1/state_ids/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getEventByTimestamp', 'GET', '/_matrix/federation/v1/timestamp_to_event/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.getVersion', 'GET', '/_matrix/federation/v1/version', { owner: 'federationapi', auth: 'none' }),
  operation('federation.getSpaceHierarchy', 'GET', '/_matrix/federation/v1/hierarchy/{roomId}', {
    owner: 'federationapi',
    auth: 'federation',
  }),
  operation('federation.onBindThirdPartyIdentifier', 'PUT', '/_matrix/federation/v1/3pid/onbind', {
    owner: 'federationapi',
    auth: 'none',
  }),
  operation(
    'federation.exchangeThirdPartyInvite',
    'PUT',
    '/_matrix/federation/v1/exchange_third_party_invite/{roomId}',
    { owner: 'federationapi', auth: 'federation' },
  ),
  operation('federation.sendTransaction', 'PUT', '/_matrix/federation/v1/send/{txnId}', {
    owner: 'federationapi',
    auth: 'federation',
    // 50 events and 100 EDUs of 64 KiB each, with room for their JSON.
    maxBodyBytes: 12 * 1024 * 1024,
  }),
] as const;
