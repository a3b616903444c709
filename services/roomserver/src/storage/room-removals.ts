import { sql } from '@plexus/postgres';

/** Stages and kinds as the table numbers them. */
export const removalStages = { membersLeave: 1, rowsGo: 2, complete: 3, failed: 4 } as const;
export const removalKinds = { deletion: 1, historyPurge: 2 } as const;

/** A removal that is under way already is a unique violation of this. */
export const ACTIVE_REMOVAL = 'room_removals_active';

/**
 * ($1 id, $2 kind, $3 room id, $4 room, $5 who, $6 milliseconds, $7 when it was finished or null, $8 stage, $9 purge, $10 force, $11 user of
 * the new room, $12 its name, $13 its message, $14 its id, $15 position, $16 local events too)
 */
export const insertRemoval = sql(
  'roomserver_insert_removal',
  `INSERT INTO roomserver.room_removals (removal_id, kind, room_id, room, requested_by, requested_ts, finished_ts, stage, purge, force,
     new_room_user_id, new_room_name, new_room_message, new_room_id, up_to, local_events)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
);

const columns = `removal_id, kind, room_id, room, requested_by, requested_ts, stage, error, purge, force, new_room_user_id, new_room_name,
  new_room_message, new_room_id, leaving_users, leaving_contents, removed_users, failed_users, moved_aliases, up_to, local_events, done_event, last_event, removed_events`;

export interface RemovalRow {
  readonly removal_id: string;
  readonly kind: number;
  readonly room_id: string;
  readonly room: number;
  readonly requested_by: string;
  readonly requested_ts: number;
  readonly stage: number;
  readonly error: string | null;
  readonly purge: boolean;
  readonly force: boolean;
  readonly new_room_user_id: string | null;
  readonly new_room_name: string | null;
  readonly new_room_message: string | null;
  readonly new_room_id: string | null;
  readonly leaving_users: string[];
  readonly leaving_contents: string[];
  readonly removed_users: string[];
  readonly failed_users: string[];
  readonly moved_aliases: string[];
  readonly up_to: number | null;
  readonly local_events: boolean;
  readonly done_event: number;
  readonly last_event: number | null;
  readonly removed_events: number;
}

/** ($1 process, $2 milliseconds it is given) → the removal to work at; none when there is none that nobody else works at. */
export const claimRemoval = sql(
  'roomserver_claim_removal',
  `UPDATE roomserver.room_removals SET claimed_by = $1::uuid, claimed_until = now() + $2 * interval '1 ms'
   WHERE removal_id = (
     SELECT removal_id FROM roomserver.room_removals
     WHERE finished_ts IS NULL AND (claimed_by = $1::uuid OR claimed_until < now())
     ORDER BY claimed_until, requested_ts LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING ${columns}`,
);

/** ($1 removal, $2 milliseconds): a step failed; others go first, and it is tried again after this time. */
export const postponeRemoval = sql(
  'roomserver_postpone_removal',
  `UPDATE roomserver.room_removals SET claimed_by = NULL, claimed_until = now() + $2 * interval '1 ms' WHERE removal_id = $1`,
);

/** ($1 removal, $2 stage, $3 error or null, $4 milliseconds when it is finished or null) */
export const setRemovalStage = sql(
  'roomserver_set_removal_stage',
  `UPDATE roomserver.room_removals SET stage = $2, error = $3, finished_ts = $4 WHERE removal_id = $1`,
);

/** ($1 removal, $2 users, $3 contents of their member events) */
export const setLeavingUsers = sql(
  'roomserver_set_leaving_users',
  `UPDATE roomserver.room_removals SET leaving_users = $2::text[], leaving_contents = $3::text[] WHERE removal_id = $1`,
);

/** ($1 removal, $2 users who left, $3 users who could not): nobody is leaving any more. */
export const addRemovedUsers = sql(
  'roomserver_add_removed_users',
  `UPDATE roomserver.room_removals SET removed_users = removed_users || $2::text[], failed_users = failed_users || $3::text[],
     leaving_users = '{}', leaving_contents = '{}' WHERE removal_id = $1`,
);

/** ($1 removal, $2 id of the new room, $3 aliases that it has now) */
export const setNewRoom = sql(
  'roomserver_set_new_room',
  `UPDATE roomserver.room_removals SET new_room_id = $2, moved_aliases = moved_aliases || $3::text[] WHERE removal_id = $1`,
);

/** ($1 removal, $2 last event number there is) */
export const setLastEvent = sql(
  'roomserver_set_last_event',
  `UPDATE roomserver.room_removals SET last_event = $2 WHERE removal_id = $1`,
);

/** ($1 removal, $2 last event number that was looked at, $3 how many events went) */
export const advanceRemoval = sql(
  'roomserver_advance_removal',
  `UPDATE roomserver.room_removals SET done_event = $2, removed_events = removed_events + $3 WHERE removal_id = $1`,
);

/** ($1 removal id or null, $2 room id or null) → the removal, or the deletions of the room, newest first. */
export const selectRemovals = sql(
  'roomserver_select_removals',
  `SELECT ${columns} FROM roomserver.room_removals
   WHERE removal_id = $1 OR (room_id = $2 AND kind = 1) ORDER BY requested_ts DESC, removal_id`,
);

/** ($1 room, $2 suffix of local user ids, $3 users to leave out, $4 how many) → local users who are in the room, invited or knocking. */
export const selectLocalUsers = sql(
  'roomserver_select_local_users',
  `SELECT u.user_id, b.folded_json FROM roomserver.memberships m
   JOIN roomserver.users u ON u.number = m.user_number JOIN roomserver.bodies b ON b.event = m.event
   WHERE m.room = $1 AND m.membership IN (1, 2, 5) AND right(u.user_id, length($2)) = $2 AND NOT u.user_id = ANY($3::text[])
   ORDER BY m.user_number LIMIT $4`,
);

/** ($1 room id, $2 first half of an event id, $3 second half) → the event's place in the log. */
export const selectPurgeEvent = sql(
  'roomserver_select_purge_event',
  `SELECT e.position FROM roomserver.rooms r JOIN roomserver.events e ON e.room = r.room
   WHERE r.room_id = $1 AND e.id_head = $2::uuid AND e.id_tail = $3::uuid AND e.position IS NOT NULL`,
);

/**
 * ($1 milliseconds) → a position up to which everything was committed before this time. Numbers are taken in ranges of which one knows when they
 * were taken, and used within the hour: so this may be up to an hour older.
 */
export const selectPurgeTime = sql(
  'roomserver_select_purge_time',
  `SELECT position FROM roomserver.events
   WHERE position IS NOT NULL AND event < (
     SELECT min(first) FROM roomserver.event_number_ranges
     WHERE taken_at >= to_timestamp($1::float8 / 1000) - interval '1 hour')
   ORDER BY event DESC LIMIT 1`,
);
