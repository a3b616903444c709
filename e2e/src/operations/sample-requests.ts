import type { Operation } from '@plexus/routes';
import type { Json } from '../stack/http-client.ts';

/** What the samples speak of: it exists on the server that they are sent to. */
export interface SampleWorld {
  readonly userId: string;
  readonly otherUserId: string;
  readonly deviceId: string;
  readonly roomId: string;
  readonly roomAlias: string;
  readonly eventId: string;
  readonly serverName: string;
  readonly mediaId: string;
  readonly filterId: string;
}

export type Fields = Readonly<Record<string, Json>>;

/** A request that the operation accepts, or refuses for what it would change alone (a kick of nobody, a second registration). */
export interface SampleRequest {
  readonly key: string;
  readonly method: string;
  /** Path parameters by name, not encoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Fields | undefined;
  readonly path: string;
}

/** One for each operation of clients and administrators. */
export function sampleRequest(operation: Operation, world: SampleWorld): SampleRequest {
  const { key, method, path } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const known = { ...paramsOf(world), ...ownParams[key] };
  return {
    key,
    method,
    path,
    params: Object.fromEntries(names.map((name) => [name, known[name] ?? `a_${name}`])),
    query: queries(world)[key] ?? {},
    body: operation.body === 'none' || operation.body === 'raw' ? undefined : (bodies(world)[key] ?? {}),
  };
}

/** The request's target: its path with its parameters, and its query. */
export function targetOf({ path, params, query }: SampleRequest): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const text = new URLSearchParams(query).toString();
  return text === '' ? filled : `${filled}?${text}`;
}

function paramsOf(world: SampleWorld): Record<string, string> {
  return {
    ...world,
    roomIdOrAlias: world.roomId,
    eventType: 'org.example.sample',
    type: 'org.example.sample',
    stateKey: '',
    txnId: 'a_transaction',
    tag: 'u.sample',
    kind: 'override',
    ruleId: 'sample',
    receiptType: 'm.read',
    keyName: 'displayname',
    networkId: 'network',
  };
}

const ownParams: Readonly<Record<string, Record<string, string>>> = {
  'client.setRoomAlias': { roomAlias: '#another:plexus.test' },
  'client.setTyping': {},
  'client.authFallback': { type: 'm.login.dummy' },
};

function queries({ roomId, userId, eventId }: SampleWorld): Readonly<Record<string, Record<string, string>>> {
  return {
    'client.checkUsernameAvailability': { username: 'somebody' },
    'client.registrationTokenValidity': { token: 'invitation' },
    'client.getRoomEvents': { dir: 'b', limit: '10', filter: '{"types":["m.room.message"]}' },
    'client.getEventContext': { limit: '5', filter: '{"senders":["@a:b"]}' },
    'client.sync': { timeout: '0', filter: '{"room":{"timeline":{"limit":5}}}', set_presence: 'online' },
    'client.getMembersByRoom': { membership: 'join' },
    'client.getPublicRooms': { limit: '10', server: 'plexus.test' },
    'client.getSpaceHierarchy': { limit: '5' },
    'client.getRelatingEvents': { dir: 'b' },
    'client.getEventByTimestamp': { ts: '1', dir: 'f' },
    'client.getMutualRooms': { user_id: userId },
    'client.getContentThumbnail': { width: '32', height: '32', method: 'crop' },
    'client.getContentThumbnailAuthed': { width: '32', height: '32', method: 'crop' },
    'client.getUrlPreviewAuthed': { url: 'http://127.0.0.1/' },
    'client.getEvents': { room_id: roomId, from: eventId, timeout: '0' },
    'client.redirectToSSO': { redirectUrl: 'http://127.0.0.1/' },
  };
}

function bodies(world: SampleWorld): Readonly<Record<string, Fields>> {
  const { userId, otherUserId, roomId, eventId } = world;
  const password = { type: 'm.login.password', identifier: { type: 'm.id.user', user: userId }, password: 'wrong' };
  const auth = { ...password, session: 'none' };
  return {
    'client.login': { ...password, device_id: 'SAMPLE', initial_device_display_name: 'A sample' },
    'client.register': {
      username: 'sample',
      password: 'a long password',
      device_id: 'SAMPLE',
      initial_device_display_name: 'A sample',
      auth: { type: 'm.login.dummy' },
    },
    'client.refresh': { refresh_token: 'none' },
    'client.changePassword': { new_password: 'another long password', logout_devices: false, auth },
    'client.deactivateAccount': { erase: false, id_server: 'localhost', auth },
    'client.deleteDevice': { auth },
    'client.deleteDevices': { devices: ['OTHER'], auth },
    'client.updateDevice': { display_name: 'A sample' },
    'client.setAccountData': { text: 'sample' },
    'client.setAccountDataPerRoom': { text: 'sample' },
    'client.setRoomTag': { order: 0.5 },
    'client.defineFilter': {
      event_format: 'client',
      event_fields: ['content.body'],
      room: { rooms: [roomId], timeline: { types: ['m.room.*'], senders: [userId] } },
    },
    'client.setProfileField': { displayname: 'Sample' },
    'client.createRoom': {
      name: 'A room',
      topic: 'of samples',
      room_alias_name: 'samples',
      preset: 'private_chat',
      visibility: 'private',
      invite: [otherUserId],
      initial_state: [{ type: 'org.example.sample', state_key: 'key', content: { text: 'sample' } }],
      creation_content: { type: 'org.example.kind' },
    },
    'client.joinRoom': { reason: 'sample' },
    'client.joinRoomById': { reason: 'sample' },
    'client.leaveRoom': { reason: 'sample' },
    'client.knockRoom': { reason: 'sample' },
    'client.inviteUser': { user_id: otherUserId, reason: 'sample' },
    'client.kick': { user_id: otherUserId, reason: 'sample' },
    'client.ban': { user_id: otherUserId, reason: 'sample' },
    'client.unban': { user_id: otherUserId, reason: 'sample' },
    'client.upgradeRoom': { new_version: 'none' },
    'client.setRoomAlias': { room_id: roomId },
    'client.setRoomVisibilityOnDirectory': { visibility: 'private' },
    'client.updateAppserviceRoomDirectoryVisibility': { visibility: 'private' },
    'client.queryPublicRooms': {
      limit: 10,
      since: 'none',
      third_party_instance_id: 'network',
      filter: { generic_search_term: 'sample', room_types: ['m.space'] },
    },
    'client.sendMessage': { msgtype: 'm.text', body: 'sample' },
    'client.setRoomStateWithKey': { text: 'sample' },
    'client.redactEvent': { reason: 'sample' },
    'client.setTyping': { typing: true, timeout: 1_000 },
    'client.postReceipt': { thread_id: 'main' },
    'client.setReadMarker': { 'm.fully_read': eventId, 'm.read': eventId, 'm.read.private': eventId },
    'client.setPushRule': { actions: ['notify'], conditions: [{ kind: 'event_match', key: 'type', pattern: 'a' }] },
    'client.setPushRuleActions': { actions: ['notify'] },
    'client.setPushRuleEnabled': { enabled: true },
    'client.search': { search_categories: { room_events: { search_term: 'sample' } } },
    'client.searchUserDirectory': { search_term: 'sample', limit: 10 },
    'client.reportRoom': { reason: 'sample' },
    'client.reportEvent': { reason: 'sample', score: -1 },
    'client.reportUser': { reason: 'sample' },
    'client.setPresence': { presence: 'online', status_msg: 'At tea' },
    'client.postPusher': {
      pushkey: 'key',
      kind: 'http',
      app_id: 'org.example',
      app_display_name: 'Sample',
      device_display_name: 'Sample',
      lang: 'en',
      data: { url: 'https://localhost/_matrix/push/v1/notify' },
    },
    'client.pingAppservice': { transaction_id: 'sample' },
    'admin.sharedSecretRegister': { nonce: 'none', username: 'sample', password: 'a long password', mac: 'none' },
    'admin.blockRoom': { block: true },
    'admin.deleteRoom': { message: 'sample', block: false, purge: false },
    'admin.purgeHistory': { purge_up_to_event_id: eventId },
  };
}
