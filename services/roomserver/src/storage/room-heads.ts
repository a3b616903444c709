import { sql } from '@plexus/postgres';

const columns = `r.room, r.room_version, h.version, h.snapshot, h.depth, e.event,
  uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, CASE WHEN r.room_version IN ('1', '2') THEN b.folded_json END AS folded_json`;
const from = `roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
  CROSS JOIN LATERAL unnest(h.extremities) AS x(event) JOIN roomserver.events e ON e.event = x.event
  LEFT JOIN roomserver.event_bodies b ON b.event = e.event AND r.room_version IN ('1', '2')`;

/** ($1 room id) → the head of the room, one row a forward extremity. */
export const selectHead = sql('roomserver_select_head', `SELECT ${columns} FROM ${from} WHERE r.room_id = $1`);

/** The same, and nobody else changes the head until the end of the transaction. */
export const lockHead = sql(
  'roomserver_lock_head',
  `WITH locked AS MATERIALIZED (
     SELECT h.* FROM roomserver.room_heads h
     WHERE h.room = (SELECT room FROM roomserver.rooms WHERE room_id = $1) FOR UPDATE)
   SELECT ${columns} FROM ${from.replace('roomserver.room_heads h', 'locked h')} WHERE r.room_id = $1`,
);

export interface HeadRow {
  readonly room: number;
  readonly room_version: string;
  readonly version: number;
  readonly snapshot: number;
  readonly depth: number;
  readonly event: number;
  readonly key: Buffer;
  /** Room versions 1 and 2 only. */
  readonly folded_json: string | null;
}
