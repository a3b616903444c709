import { counterOf, gaugeOf, histogramOf } from './definition.ts';

export const roomserverMetrics = {
  actors: gaugeOf('plexus_roomserver_actors', 'Rooms that are in memory'),
  rooms: gaugeOf('plexus_roomserver_rooms', 'Rooms in the database, as every replica shows them'),
  eventsCommitted: counterOf('plexus_roomserver_events_committed_total', 'Log entries that this process has committed'),
  batchSize: histogramOf(
    'plexus_roomserver_commit_batch_size',
    'Commands that one commit carried',
    [],
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  ),
  commitSeconds: histogramOf('plexus_roomserver_commit_seconds', 'Time of the commit statement'),
  commitsWaiting: gaugeOf('plexus_roomserver_commits_waiting', 'Commands that wait for the next commit'),
  retries: counterOf('plexus_roomserver_command_retries_total', 'Commands that were built again, by reason', [
    'reason',
  ]),
  inputEvents: counterOf('plexus_roomserver_input_events_total', 'Events of other servers, by what became of them', [
    'outcome',
  ]),
  stateResolutionSeconds: histogramOf(
    'plexus_roomserver_state_resolution_seconds',
    'Time to settle states that differ into one',
    [],
    [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30],
  ),
  forwardExtremities: histogramOf(
    'plexus_roomserver_forward_extremities',
    'Forward extremities of a room after a commit in it',
    [],
    [1, 2, 3, 5, 10, 20, 50, 100],
  ),
  bodiesCompressed: counterOf(
    'plexus_roomserver_bodies_compressed_total',
    'Bodies of old messages that were compressed',
  ),
  coldBacklog: gaugeOf(
    'plexus_roomserver_bodies_to_compress',
    'Event numbers that are old enough to be compressed and have not been looked at',
  ),
  stateMigrationLeft: gaugeOf(
    'plexus_roomserver_state_migration_left',
    'Event numbers, or rooms, whose states of the first format this phase of the migration has yet to look at',
    ['phase'],
  ),
  stateMigrationConverted: gaugeOf(
    'plexus_roomserver_state_migration_converted_rows',
    'Rows that refer to a state that was converted from the first format',
  ),
  stateNodesRemoved: counterOf(
    'plexus_roomserver_state_nodes_removed_total',
    'Nodes of room states that nothing referred to any more',
  ),
  stateCollectionLeft: gaugeOf(
    'plexus_roomserver_state_collection_left_pages',
    'Pages of the table of state nodes that the collection under way has yet to sweep',
  ),
  forksRefused: counterOf(
    'plexus_roomserver_forks_refused_total',
    'Commits that found the head of their room moved by another process',
  ),
} as const;

export const syncapiMetrics = {
  waiters: gaugeOf('plexus_syncapi_waiters', 'Syncs that wait for something to happen'),
  wakeUps: counterOf('plexus_syncapi_wake_ups_total', 'Waiting syncs that were woken'),
  syncSeconds: histogramOf('plexus_syncapi_sync_seconds', 'Work of a sync without its waiting', ['kind']),
  deliverySeconds: histogramOf(
    'plexus_syncapi_delivery_seconds',
    'From the making of an event of this server to its being in the index, where it wakes syncs',
    [],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  ),
  memoryBytes: gaugeOf('plexus_syncapi_memory_bytes', 'Events and receipts in memory', ['part']),
  liveUsers: gaugeOf('plexus_syncapi_live_users', 'Users whose memberships are in memory'),
  receipts: counterOf('plexus_syncapi_receipts_total', 'Receipts that were set', ['outcome']),
} as const;

export const userapiMetrics = {
  passwordHashSeconds: histogramOf('plexus_userapi_password_hash_seconds', 'Time in argon2id, without waiting'),
  passwordHashesWaiting: gaugeOf('plexus_userapi_password_hashes_waiting', 'Passwords that wait to be hashed'),
  logins: counterOf('plexus_userapi_logins_total', 'Attempts to sign in by password', ['outcome']),
  accounts: gaugeOf('plexus_userapi_accounts', 'Accounts; appservice: those that bridges made', ['kind']),
  activeUsers: gaugeOf(
    'plexus_userapi_active_users',
    'Users of the last 24 hours (day), 7 days (week) and 30 days (month), by kind of client; any: each user once',
    ['period', 'client'],
  ),
  devices: gaugeOf('plexus_userapi_devices', 'Devices that are signed in, as every replica shows them'),
  registrations: counterOf('plexus_userapi_registrations_total', 'Accounts that were made', ['kind']),
} as const;

export const mediaapiMetrics = {
  thumbnailSeconds: histogramOf('plexus_mediaapi_thumbnail_seconds', 'Time to make a thumbnail, without waiting'),
  thumbnailsWaiting: gaugeOf('plexus_mediaapi_thumbnails_waiting', 'Thumbnails that wait to be made'),
  uploadedBytes: counterOf('plexus_mediaapi_uploaded_bytes_total', 'Bytes of uploads that were kept'),
  files: gaugeOf('plexus_mediaapi_files', 'Different files that are kept, without thumbnails'),
  storedBytes: gaugeOf('plexus_mediaapi_stored_bytes', 'Bytes of the files that are kept, without thumbnails'),
  diskBytes: gaugeOf('plexus_mediaapi_disk_bytes', 'The file system of the media folder', ['state']),
} as const;

export const appserviceMetrics = {
  pendingEvents: gaugeOf('plexus_appservice_pending_events', 'Events that a bridge has yet to take', ['bridge']),
  transactions: counterOf('plexus_appservice_transactions_total', 'Transactions sent to bridges, by how they ended', [
    'bridge',
    'outcome',
  ]),
  transactionSeconds: histogramOf(
    'plexus_appservice_transaction_seconds',
    'Time a bridge took for a transaction',
    [],
    [0.01, 0.05, 0.25, 1, 5, 30, 60],
  ),
} as const;

export const federationapiMetrics = {
  keyFetches: counterOf('plexus_federationapi_key_fetches_total', 'Keys asked of other servers', ['outcome']),
  refusedRequests: counterOf(
    'plexus_federationapi_refused_requests_total',
    'Requests of other servers whose signature was not believed',
    ['reason'],
  ),
  requestSeconds: histogramOf(
    'plexus_federationapi_request_seconds',
    'Requests to other servers, finding them included',
    ['outcome'],
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ),
  certificateExpiry: gaugeOf(
    'plexus_federationapi_certificate_expiry_timestamp_seconds',
    'When the certificate that other servers see ends',
  ),
} as const;

export const typingMetrics = {
  rooms: gaugeOf('plexus_typing_rooms', 'Rooms in which somebody types'),
  storeFailures: counterOf(
    'plexus_typing_store_failures_total',
    'Changes of who types that were forgotten because the ephemeral store did not answer',
  ),
} as const;
