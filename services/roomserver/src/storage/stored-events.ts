import { sql } from '@plexus/postgres';

/** Columns that, with `storedEventJoins`, make a StoredEvent of the row `e` of events. */
export const storedEventColumns = `e.event, e.position, r.room_id, r.room_version,
  uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json, b.device_id, b.transaction_id, b.traceparent, e.snapshot,
  uuid_send(ce.id_head) || uuid_send(ce.id_tail) AS redaction_key, cb.folded_json AS redaction_folded_json,
  uuid_send(pe.id_head) || uuid_send(pe.id_tail) AS replaced_key, pb.folded_json AS replaced_folded_json`;
export const storedEventJoins = `JOIN roomserver.rooms r ON r.room = e.room
  JOIN roomserver.bodies b ON b.event = e.event
  LEFT JOIN roomserver.events ce ON ce.event = b.redacted_by LEFT JOIN roomserver.bodies cb ON cb.event = b.redacted_by
  LEFT JOIN roomserver.events pe ON pe.event = b.replaces LEFT JOIN roomserver.bodies pb ON pb.event = b.replaces`;

export interface StoredEventRow {
  readonly event: number;
  readonly position: number | null;
  readonly room_id: string;
  readonly room_version: string;
  readonly key: Buffer;
  readonly folded_json: string;
  readonly device_id: string | null;
  readonly transaction_id: string | null;
  readonly traceparent: string | null;
  /** State before the event. */
  readonly snapshot: number;
  readonly redaction_key: Buffer | null;
  readonly redaction_folded_json: string | null;
  readonly replaced_key: Buffer | null;
  readonly replaced_folded_json: string | null;
}

/** ($1 first halves of ids, $2 second halves, $3 positions) → these events. */
export const selectEvents = sql(
  'roomserver_select_events',
  `SELECT ${storedEventColumns} FROM (
     SELECT e.* FROM unnest($1::uuid[], $2::uuid[]) AS k(head, tail)
     JOIN roomserver.events e ON e.id_head = k.head AND e.id_tail = k.tail
     UNION SELECT e.* FROM roomserver.events e WHERE e.position = ANY($3::bigint[])) AS e
   ${storedEventJoins}`,
);

/** ($1 event numbers) → these events. */
export const selectEventsByNumber = sql(
  'roomserver_select_events_by_number',
  `SELECT ${storedEventColumns} FROM roomserver.events e ${storedEventJoins} WHERE e.event = ANY($1::bigint[])`,
);
