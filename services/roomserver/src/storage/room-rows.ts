import { type Statement, sql } from '@plexus/postgres';

/**
 * Every table that has rows of rooms, by the column that leads from a room to them. A room is deleted by this list, and a test of the whole
 * schema holds every table against it: a new table with rows of rooms or events belongs here.
 */
export const tablesOfEvents = [
  'event_verdicts',
  'invite_states',
  'auth_chains',
  'redacted_originals',
  'history_places',
  'event_bodies',
  'events',
] as const;
export const tablesOfRooms = [
  'current_state',
  'memberships',
  'forgotten_rooms',
  'log_entries',
  'state_transitions',
  'backward_extremities',
  'pending_redactions',
  'auth_indexed_rooms',
  'auth_unindexed',
  'room_upgrades',
  'network_listings',
  'room_listings',
  'aliases',
  'room_heads',
  'rooms',
] as const;
/** Of tablesOfRooms, what makes a room one that is there: these go first, in one commit, and whoever asks finds no room any more. */
export const tablesOfPresence: readonly (typeof tablesOfRooms)[number][] = [
  'aliases',
  'network_listings',
  'room_listings',
  'room_heads',
  'rooms',
];

/** ($1 room) of each table: all of its rows. */
export const deleteRowsOfRoom: ReadonlyMap<(typeof tablesOfRooms)[number], Statement> = new Map(
  tablesOfRooms.map((table) => [
    table,
    sql(`roomserver_remove_${table}`, `DELETE FROM roomserver.${table} WHERE room = $1`),
  ]),
);

/** ($1 event numbers): all rows of these events. */
export const deleteEvents = sql(
  'roomserver_remove_events',
  `WITH ${tablesOfEvents.map((table) => `of_${table} AS (DELETE FROM roomserver.${table} WHERE event = ANY($1::bigint[]))`).join(', ')}
   SELECT`,
);

/** ($1 room, $2 event numbers): what stands under the room about these events. */
export const deleteEntriesOfEvents = sql(
  'roomserver_remove_entries',
  `WITH edges AS (DELETE FROM roomserver.backward_extremities WHERE room = $1 AND event = ANY($2::bigint[])),
   redactions AS (DELETE FROM roomserver.pending_redactions WHERE room = $1 AND event = ANY($2::bigint[]))
   DELETE FROM roomserver.log_entries WHERE room = $1 AND (event = ANY($2::bigint[]) OR cause = ANY($2::bigint[]))`,
);

/** ($1 keys) */
export const deleteTransactionKeys = sql(
  'roomserver_remove_transactions',
  `DELETE FROM roomserver.transactions WHERE key = ANY($1::uuid[])`,
);

/**
 * Keys of calls whose events are gone: nothing leads from an event to such a key. One look at the index of events for each key of the last day,
 * 1.7 µs; the subquery keeps the planner from reading all events instead.
 */
export const deleteKeysOfNoEvent = sql(
  'roomserver_remove_keys_of_no_event',
  `DELETE FROM roomserver.transactions t
   WHERE (SELECT e.event FROM roomserver.events e WHERE e.event = t.event) IS NULL`,
);

/** ($1 room id): what the log said of the room before it was deleted. */
export const deleteNoticesOfRoom = sql(
  'roomserver_remove_notices',
  `DELETE FROM roomserver.log_notices WHERE room_id = $1 AND kind <> 1`,
);

const removable = `SELECT e.event, t.type, u.user_id AS sender, b.device_id, b.transaction_id
   FROM roomserver.events e JOIN roomserver.event_types t ON t.number = e.type JOIN roomserver.users u ON u.number = e.sender
   LEFT JOIN roomserver.bodies b ON b.event = e.event
   WHERE e.event > $2 AND e.event <= $3 AND e.room = $1`;

/** ($1 room, $2 event number to begin after, $3 last event number) → the events of the room among these numbers. */
export const selectEventsOfRoom = sql('roomserver_select_events_of_room', removable);

/**
 * ($1 room, $2 and $3 as above, $4 position, $5 suffix of users whose events stay or null) → of these the messages up to the position, and the
 * history before it; what is shown nowhere goes too. What the next event is built on stays.
 */
export const selectHistoryOfRoom = sql(
  'roomserver_select_history_of_room',
  `${removable} AND e.state_key = 0
     AND coalesce(e.position, (SELECT h.after_position + 1 FROM roomserver.history_places h WHERE h.event = e.event), 0) <= $4
     AND ($5::text IS NULL OR right(u.user_id, length($5)) <> $5)
     AND NOT EXISTS (SELECT FROM roomserver.room_heads h WHERE h.room = $1 AND e.event = ANY(h.extremities))`,
);

/** ($1 room, $2 redactions) → those that are in force on state events, which stay. */
export const selectNeededRedactions = sql(
  'roomserver_select_needed_redactions',
  `SELECT DISTINCT b.redacted_by AS event FROM roomserver.events e JOIN roomserver.bodies b ON b.event = e.event
   WHERE e.room = $1 AND e.state_key <> 0 AND b.redacted_by = ANY($2::bigint[])`,
);

export interface RemovableRow {
  readonly event: number;
  readonly type: string;
  readonly sender: string;
  readonly device_id: string | null;
  readonly transaction_id: string | null;
}

/** → the largest event number that is in use. */
export const selectLastEvent = sql('roomserver_select_last_event', `SELECT max(event) AS event FROM roomserver.events`);
