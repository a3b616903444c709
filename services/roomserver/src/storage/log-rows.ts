import { sql } from '@plexus/postgres';
import { type StoredEventRow, storedEventColumns, storedEventJoins } from './stored-events.ts';

/**
 * ($1 from, $2 to, $3 bytes) → the events that are log entries, by position, until their JSON together exceeds so many bytes; those of history
 * have their position in log_entries. With the position of the next one, which of the last one is where the bytes ended.
 */
export const selectLogEvents = sql(
  'roomserver_select_log_events',
  `SELECT ${storedEventColumns}, l.log_position, l.next_position, l.is_historical, t.before AS state_before, t.after AS state_after,
     h.after_position, h.depth FROM (
     SELECT i.*, lead(i.log_position) OVER (ORDER BY i.log_position) AS next_position,
       sum(lb.bytes) OVER (ORDER BY i.log_position) - lb.bytes AS bytes_before
     FROM (SELECT event, position AS log_position, false AS is_historical FROM roomserver.events WHERE position BETWEEN $1 AND $2
       UNION ALL SELECT event, position, true FROM roomserver.log_entries WHERE kind = 2 AND position BETWEEN $1 AND $2) AS i
     JOIN roomserver.bodies lb ON lb.event = i.event) AS l
   JOIN roomserver.events e ON e.event = l.event ${storedEventJoins}
   LEFT JOIN roomserver.state_transitions t ON t.position = l.log_position
   LEFT JOIN roomserver.history_places h ON l.is_historical AND h.event = l.event
   WHERE l.bytes_before < $3 ORDER BY l.log_position`,
);

/** ($1 from, $2 to) → redactions that came into force, by position. */
export const selectLogEntries = sql(
  'roomserver_select_log_entries',
  `SELECT l.position, l.traceparent, r.room_id, r.room_version, b.folded_json, cb.folded_json AS cause_folded_json,
     uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, uuid_send(ce.id_head) || uuid_send(ce.id_tail) AS cause_key
   FROM roomserver.log_entries l JOIN roomserver.rooms r ON r.room = l.room
   JOIN roomserver.events e ON e.event = l.event JOIN roomserver.bodies b ON b.event = l.event
   JOIN roomserver.events ce ON ce.event = l.cause JOIN roomserver.bodies cb ON cb.event = l.cause
   WHERE l.kind = 1 AND l.position BETWEEN $1 AND $2 ORDER BY l.position`,
);

/** → position of the last entry that is committed. */
export const selectLogHead = sql(
  'roomserver_select_log_head',
  `SELECT position FROM roomserver.log_counter WHERE log = 'ROOM_LOG' AND partition = 0`,
);

export type LogEventRow = StoredEventRow & {
  readonly log_position: number;
  readonly next_position: number | null;
  readonly is_historical: boolean;
  /** Current state before and after, where it did not just take the event in its place. */
  readonly state_before: number | null;
  readonly state_after: number | null;
  /** Of history. */
  readonly after_position: number | null;
  readonly depth: number | null;
};

export interface LogEntryRow {
  readonly position: number;
  readonly traceparent: string | null;
  readonly room_id: string;
  readonly room_version: string;
  readonly folded_json: string;
  readonly cause_folded_json: string;
  readonly key: Buffer;
  readonly cause_key: Buffer;
}
