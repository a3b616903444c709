import { sql } from '@plexus/postgres';

const columns = `e.event, e.room, e.snapshot, e.type, e.state_key, e.position IS NOT NULL AS in_timeline,
  uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json, b.redacted_by, v.verdict`;
const joins = `JOIN roomserver.bodies b ON b.event = e.event LEFT JOIN roomserver.event_verdicts v ON v.event = e.event`;

/** ($1 first halves of ids, $2 second halves) → these events of whatever room, as the input path looks at them. */
export const selectInputEvents = sql(
  'roomserver_select_input_events',
  `SELECT ${columns} FROM unnest($1::uuid[], $2::uuid[]) AS k(head, tail)
   JOIN roomserver.events e ON e.id_head = k.head AND e.id_tail = k.tail ${joins}`,
);

/** ($1 event numbers) → these events. */
export const selectInputEventsByNumber = sql(
  'roomserver_select_input_events_by_number',
  `SELECT ${columns} FROM roomserver.events e ${joins} WHERE e.event = ANY($1::bigint[])`,
);

export interface InputEventRow {
  readonly event: number;
  readonly room: number;
  /** State before the event; -1: an outlier. */
  readonly snapshot: number;
  readonly type: number;
  /** 0: not a state event. */
  readonly state_key: number;
  readonly in_timeline: boolean;
  readonly key: Buffer;
  readonly folded_json: string;
  readonly redacted_by: number | null;
  readonly verdict: number | null;
}

/** ($1 room, $2 first halves, $3 second halves) → those of these ids that known events refer to as prev events, with the places of those events. */
export const selectBackwardExtremities = sql(
  'roomserver_select_backward_extremities',
  `SELECT encode(uuid_send(b.id_head), 'hex') AS head, e.position, h.after_position, h.depth
   FROM unnest($2::uuid[], $3::uuid[]) AS k(head, tail)
   JOIN roomserver.backward_extremities b ON b.room = $1 AND b.id_head = k.head AND b.id_tail = k.tail
   JOIN roomserver.events e ON e.event = b.event LEFT JOIN roomserver.history_places h ON h.event = b.event`,
);

/** ($1 event numbers) → their places. */
export const selectHistoryNeighbours = sql(
  'roomserver_select_history_neighbours',
  `SELECT e.event, e.position, h.after_position, h.depth
   FROM roomserver.events e LEFT JOIN roomserver.history_places h ON h.event = e.event WHERE e.event = ANY($1::bigint[])`,
);

export interface HistoryNeighbourRow {
  /** In the timeline. */
  readonly position: number | null;
  readonly after_position: number | null;
  readonly depth: number | null;
}

/** ($1 room, $2 first halves, $3 second halves) → redactions that wait for these events, in the order in which they came. */
export const selectPendingRedactions = sql(
  'roomserver_select_pending_redactions',
  `SELECT encode(uuid_send(p.id_head), 'hex') AS head, p.event FROM unnest($2::uuid[], $3::uuid[]) AS k(head, tail)
   JOIN roomserver.pending_redactions p ON p.room = $1 AND p.id_head = k.head AND p.id_tail = k.tail ORDER BY p.event`,
);

/** ($1 room ids) → the versions of those that are known. */
export const selectRoomVersions = sql(
  'roomserver_select_room_versions',
  `SELECT room_id, room_version FROM roomserver.rooms WHERE room_id = ANY($1::text[])`,
);
