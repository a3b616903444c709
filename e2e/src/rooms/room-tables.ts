/** What leads from a room to rows of a table. */
type Lead =
  /** Number of the room in roomserver, its number in syncapi, its id. */
  | 'room'
  | 'roomNid'
  | 'roomId'
  /** Numbers of its events, or their places in the room log. */
  | 'event'
  | 'position';

export interface RoomTable {
  /** Columns by which the room's rows are found: with any of them the row is the room's. */
  readonly by: Readonly<Record<string, Lead>>;
  /** Columns with names of rooms or events that lead to no row of their own, and why. */
  readonly besides?: Readonly<Record<string, string>>;
}

/** A table without rows of rooms, and why what its columns are called means nothing. */
export type OtherTable = string;

const name = 'a name that many rooms share';
const sameRow = 'about the same room as the row';

/**
 * Every table of the product: how a room's rows in it are found. A test holds the whole migrated schema against this list, fills a room, deletes
 * it and looks whether anything is left: whoever adds a table adds it here, and to what deletes rooms.
 */
export const roomTables: Readonly<Record<string, RoomTable | OtherTable>> = {
  'roomserver.aliases': { by: { room: 'room' }, besides: { alias: sameRow } },
  'roomserver.auth_chains': { by: { event: 'event', chain: 'event' }, besides: { links: 'events of the same room' } },
  'roomserver.auth_indexed_rooms': { by: { room: 'room', position: 'position' } },
  'roomserver.auth_unindexed': { by: { room: 'room', event: 'event' } },
  'roomserver.backward_extremities': { by: { room: 'room', event: 'event' } },
  'roomserver.blocked_rooms': 'stays, so that nobody comes in',
  'roomserver.cold_blocks':
    'bodies of events of many rooms; what is deleted is taken out by cold-bodies/, by a trigger on event_bodies',
  'roomserver.cold_blocks_to_mend': 'blocks by number',
  'roomserver.cold_progress': 'one row',
  'roomserver.current_state': { by: { room: 'room', event: 'event' }, besides: { state_key: name } },
  'roomserver.event_bodies': {
    by: { event: 'event', redacted_by: 'event', replaces: 'event', previous: 'event' },
    besides: { block: 'of cold_blocks' },
  },
  'roomserver.event_number_ranges': 'when numbers were taken, of whatever room',
  'roomserver.event_types': name,
  'roomserver.event_verdicts': { by: { event: 'event' } },
  'roomserver.events': {
    by: { event: 'event', room: 'room', position: 'position' },
    besides: { state_key: name, snapshot: 'address of a state node' },
  },
  'roomserver.forgotten_rooms': { by: { room: 'room', event: 'event' } },
  'roomserver.history_places': { by: { event: 'event' }, besides: { after_position: sameRow } },
  'roomserver.invite_states': { by: { event: 'event' }, besides: { stripped_state: sameRow } },
  'roomserver.log_counter': 'one row',
  'roomserver.log_entries': { by: { room: 'room', event: 'event', cause: 'event', position: 'position' } },
  'roomserver.log_notices': 'says that the room was deleted: the log goes on for those who have yet to read it',
  'roomserver.memberships': { by: { room: 'room', event: 'event' } },
  'roomserver.network_listings': { by: { room: 'room' } },
  'roomserver.pending_redactions': { by: { room: 'room', event: 'event' } },
  'roomserver.redacted_originals': { by: { event: 'event' } },
  'roomserver.room_heads': {
    by: { room: 'room' },
    besides: { extremities: 'events of the same room', snapshot: 'address of a state node' },
  },
  'roomserver.room_listings': {
    by: { room: 'room' },
    besides: { room_type: sameRow, snapshot: 'address of a state node' },
  },
  'roomserver.room_removals': 'what administrators are told of the deletion',
  'roomserver.room_upgrades': { by: { room: 'room' }, besides: { room_version: sameRow } },
  'roomserver.rooms': { by: { room: 'room', room_id: 'roomId' }, besides: { room_version: sameRow } },
  'roomserver.state_blocks': 'first format of the state store, emptied by its migration',
  'roomserver.state_collection': 'one row',
  'roomserver.state_collection_roots': 'addresses of state nodes, until the collection under way has seen them',
  'roomserver.state_keys': name,
  'roomserver.state_migration': 'one row',
  'roomserver.state_nodes':
    'content-addressed: what nothing refers to any more goes with the next collection (room-removals.int.test.ts)',
  'roomserver.state_snapshots': 'first format of the state store, emptied by its migration',
  'roomserver.state_transitions': { by: { room: 'room', position: 'position' } },
  'roomserver.transactions': { by: { event: 'event' } },
  'roomserver.users': name,
  'syncapi.account_data_change': { by: { room_id: 'roomId' } },
  'syncapi.consumer_position': 'one row a log',
  'syncapi.current_membership': {
    by: { room_nid: 'roomNid', position: 'position' },
    besides: { stripped_state: sameRow },
  },
  'syncapi.dead_letter': { by: { line: 'roomId' } },
  'syncapi.deleted_room': 'stays: says that the room was deleted to clients of its users that were away',
  'syncapi.filter': "a client's own words",
  'syncapi.forgotten_room': { by: { room_nid: 'roomNid' } },
  'syncapi.generation': 'one row',
  'syncapi.history': {
    by: { room_nid: 'roomNid' },
    besides: { after_position: sameRow, position: sameRow, event_id: sameRow },
  },
  'syncapi.index_rebuild': 'one row an index that is written again',
  'syncapi.log_counter': 'one row',
  'syncapi.membership_change': { by: { room_nid: 'roomNid', position: 'position' } },
  'syncapi.receipt': { by: { room_id: 'roomId' }, besides: { event_id: sameRow, event_position: sameRow } },
  'syncapi.receipt_log': { by: { room_id: 'roomId' }, besides: { event_id: sameRow } },
  'syncapi.room': { by: { room_nid: 'roomNid', room_id: 'roomId' } },
  'syncapi.state_change': {
    by: { room_nid: 'roomNid', position: 'position' },
    besides: { state_key: sameRow, event_id: sameRow },
  },
  'syncapi.timeline': { by: { room_nid: 'roomNid', position: 'position' } },
  'syncapi.visibility_change': { by: { room_nid: 'roomNid', position: 'position' } },
  'plexus.identity': 'the name of the server',
  'plexus.signing_keys': 'keys of the server',
  'federationapi.verify_key': 'keys of other servers',
  'userapi.account_data': { by: { room_id: 'roomId' }, besides: { previous_bytes: 'a size' } },
  'userapi.accounts': 'users',
  'userapi.activity_reporters': 'counts of a day',
  'userapi.daily_activity': 'counts of a day',
  'userapi.daily_requests': 'counts of a day',
  'userapi.daily_resources': 'counts of a day',
  'userapi.departures':
    'which rooms a deactivated user could not leave; goes when the user is in no other room any more',
  'userapi.devices': 'users',
  'userapi.log_counter': 'one row',
  'userapi.profile_fields': 'users',
  'userapi.pushers': 'where notifications of a user are sent',
  'userapi.registration_tokens': 'users',
  'userapi.sessions': 'users',
  'userapi.threepids': 'e-mail addresses and telephone numbers of users',
  'userapi.user_log': { by: { room_id: 'roomId' } },
  'appservice.bridge': 'bridges',
  'appservice.consumer_position': 'one row a log',
  'appservice.dead_letter': { by: { line: 'roomId' } },
  'appservice.interesting_member': { by: { room_id: 'roomId' } },
  'appservice.pending_event': 'places in the log: what is gone there is sent as nothing',
  'federationapi.server_key': 'servers',
  'mediaapi.media': 'files',
  'mediaapi.thumbnails': 'files',
};
