import { sql } from '@plexus/postgres';
import { type StoredEventRow, storedEventColumns, storedEventJoins } from './stored-events.ts';

/** ($1 from, $2 to, $3 bytes) → the events that are log entries, by position, until their JSON together exceeds so many bytes. */
export const selectLogEvents = sql(
  'roomserver_select_log_events',
  `SELECT ${storedEventColumns} FROM (
     SELECT l.*, sum(lb.bytes) OVER (ORDER BY l.position) - lb.bytes AS bytes_before
     FROM roomserver.events l JOIN roomserver.bodies lb ON lb.event = l.event
     WHERE l.position BETWEEN $1 AND $2) AS e ${storedEventJoins}
   WHERE e.bytes_before < $3 ORDER BY e.position`,
);

/** ($1 from, $2 to) → the other entries, by position: so far redactions that came into force. */
export const selectLogEntries = sql(
  'roomserver_select_log_entries',
  `SELECT l.position, l.traceparent, r.room_id, r.room_version, b.folded_json, cb.folded_json AS cause_folded_json,
     uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, uuid_send(ce.id_head) || uuid_send(ce.id_tail) AS cause_key
   FROM roomserver.log_entries l JOIN roomserver.rooms r ON r.room = l.room
   JOIN roomserver.events e ON e.event = l.event JOIN roomserver.bodies b ON b.event = l.event
   JOIN roomserver.events ce ON ce.event = l.cause JOIN roomserver.bodies cb ON cb.event = l.cause
   WHERE l.position BETWEEN $1 AND $2 ORDER BY l.position`,
);

/** → position of the last entry that is committed. */
export const selectLogHead = sql(
  'roomserver_select_log_head',
  `SELECT position FROM roomserver.log_counter WHERE log = 'ROOM_LOG' AND partition = 0`,
);

export type LogEventRow = StoredEventRow & { readonly position: number };

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
