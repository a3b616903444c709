import { type Queryable, sql } from '@plexus/postgres';
import { eventIdOfStored } from './stored-event.ts';

const selectEventIds = sql(
  'roomserver_select_event_ids',
  `SELECT e.event, r.room_version, uuid_send(e.id_head) || uuid_send(e.id_tail) AS key, b.folded_json
   FROM roomserver.events e JOIN roomserver.rooms r ON r.room = e.room
   LEFT JOIN roomserver.bodies b ON b.event = e.event AND r.room_version IN ('1', '2') WHERE e.event = ANY($1::bigint[])`,
);

/** The ids of events by number. */
export async function readEventIds(
  queryable: Queryable,
  events: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  type Row = { event: number; room_version: string; key: Buffer; folded_json: string | null };
  const rows = await queryable.query<Row>(selectEventIds, [[...new Set(events)]]);
  return new Map(
    rows.map(({ event, room_version, key, folded_json }) => [event, eventIdOfStored(key, room_version, folded_json)]),
  );
}

/** ($1 places, $2 room ids, $3 first halves of event ids, $4 second halves) → those events that are known in their rooms. */
export const selectKnownInRooms = sql(
  'roomserver_select_known_in_rooms',
  `SELECT k.place, e.event, e.snapshot FROM unnest($1::int[], $2::text[], $3::uuid[], $4::uuid[]) AS k(place, room_id, head, tail)
   JOIN roomserver.rooms r ON r.room_id = k.room_id
   JOIN roomserver.events e ON e.room = r.room AND e.id_head = k.head AND e.id_tail = k.tail`,
);

export interface KnownInRoomRow {
  readonly place: number;
  readonly event: number;
  /** State before the event; negative: not known. */
  readonly snapshot: number;
}
