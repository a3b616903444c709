import { isEventId, isJsonObject, ownValue, parseStoredJson } from '@plexus/matrix';
import { type Queryable, sql } from '@plexus/postgres';
import { eventKeyOf } from '../domain/event-key.ts';
import { unfoldJson } from '../domain/folded-json.ts';

/** A stored event as the graph of auth_events has it. */
export interface AuthEdges {
  readonly event: number;
  readonly room: number;
  readonly type: number;
  /** 0: not a state event. */
  readonly stateKey: number;
  /** Those of its auth_events that are stored, by number. */
  readonly authEvents: readonly number[];
  /** The first half of the key of one of its auth_events that is not stored. */
  readonly missing: string | undefined;
}

const selectBodies = sql(
  'roomserver_select_auth_bodies',
  `SELECT e.event, e.room, e.type, e.state_key, b.folded_json
   FROM roomserver.events e JOIN roomserver.bodies b ON b.event = e.event WHERE e.event = ANY($1::bigint[])`,
);

/** ($1 rooms, $2 first halves of ids, $3 second halves) → their numbers, as far as they are stored in that room. */
const selectNumbersOfKeys = sql(
  'roomserver_select_numbers_of_keys',
  `SELECT e.event, encode(uuid_send(e.id_head), 'hex') AS head
   FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS k(room, head, tail)
   JOIN roomserver.events e ON e.id_head = k.head AND e.id_tail = k.tail AND e.room = k.room`,
);

/** The auth_events of events, in two round trips; events that are not stored are left out. */
export async function readAuthEdges(queryable: Queryable, events: readonly number[]): Promise<AuthEdges[]> {
  if (events.length === 0) return [];
  type Row = { event: number; room: number; type: number; state_key: number; folded_json: string };
  const rows = await queryable.query<Row>(selectBodies, [events]);
  const read = rows.map((row) => ({ row, keys: authEventIds(unfoldJson(row.folded_json)).map(eventKeyOf) }));
  const wanted = new Map(
    read.flatMap(({ row, keys }) => keys.map((key) => [key.head, { room: row.room, ...key }] as const)),
  );
  const numbers = await queryable.query<{ event: number; head: string }>(selectNumbersOfKeys, [
    [...wanted.values()].map(({ room }) => room),
    [...wanted.values()].map(({ head }) => head),
    [...wanted.values()].map(({ tail }) => tail),
  ]);
  const byHead = new Map(numbers.map(({ head, event }) => [head, event]));
  return read.map(({ row, keys }) => ({
    event: row.event,
    room: row.room,
    type: row.type,
    stateKey: row.state_key,
    authEvents: [...new Set(keys.flatMap(({ head }) => byHead.get(head) ?? []))],
    missing: keys.find(({ head }) => !byHead.has(head))?.head,
  }));
}

/** Room versions 1 and 2 have pairs of an id and a hash. */
function authEventIds(json: string) {
  const event: unknown = parseStoredJson(json);
  const list = isJsonObject(event) ? ownValue(event, 'auth_events') : undefined;
  if (!Array.isArray(list)) throw new Error('a stored event without auth_events');
  return list.map((entry: unknown) => (Array.isArray(entry) ? entry[0] : entry)).filter(isEventId);
}
