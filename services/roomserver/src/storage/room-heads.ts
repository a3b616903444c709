import { sql } from '@plexus/postgres';
import { isClosed } from './blocked-rooms.ts';

/** ($1 room id) → the head of the room, one row a forward extremity; one without an event when nothing but outliers is known of the room. */
export const selectHead = sql(
  'roomserver_select_head',
  `SELECT r.room, r.room_version, h.version, h.snapshot, h.depth, ${isClosed} AS closed, e.event,
     uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json
   FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
   LEFT JOIN LATERAL unnest(h.extremities) AS x(event) ON true LEFT JOIN roomserver.events e ON e.event = x.event
   LEFT JOIN roomserver.bodies b ON b.event = e.event AND r.room_version IN ('1', '2')
   WHERE r.room_id = $1`,
);

/** ($1 room ids) → the heads of these rooms, one row a forward extremity. */
export const selectLatest = sql(
  'roomserver_select_latest_events',
  `SELECT r.room_id, r.room_version, h.snapshot, h.depth, uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json
   FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
   CROSS JOIN LATERAL unnest(h.extremities) AS x(event) JOIN roomserver.events e ON e.event = x.event
   LEFT JOIN roomserver.bodies b ON b.event = e.event AND r.room_version IN ('1', '2')
   WHERE r.room_id = ANY($1::text[])`,
);

export interface LatestRow {
  readonly room_id: string;
  readonly room_version: string;
  readonly snapshot: number;
  readonly depth: number;
  readonly key: Buffer;
  /** Room versions 1 and 2 only. */
  readonly folded_json: string | null;
}

/**
 * ($1 room id) → nobody else changes the head until the end of the transaction. The head is read by a statement of its own after this
 * one: a statement that had to wait for the lock sees the new head, but not the events it names.
 */
export const lockHead = sql(
  'roomserver_lock_head',
  `SELECT FROM roomserver.room_heads WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1) FOR UPDATE`,
);

export interface HeadRow {
  readonly room: number;
  readonly room_version: string;
  readonly version: number;
  readonly snapshot: number;
  readonly depth: number;
  /** Nobody of this server may come in. */
  readonly closed: boolean;
  readonly event: number | null;
  readonly key: Buffer | null;
  /** Room versions 1 and 2 only. */
  readonly folded_json: string | null;
}
