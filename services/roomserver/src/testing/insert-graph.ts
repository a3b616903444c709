import { createHash } from 'node:crypto';
import { type EventId, isEventId } from '@plexus/matrix';
import { type Database, sql } from '@plexus/postgres';
import { eventKeyOf } from '../domain/event-key.ts';

/** An event of a graph that is written to the tables as it is, without anybody's judgement. */
export interface GraphEvent {
  readonly event: number;
  readonly type: number;
  readonly stateKey: number;
  readonly authEvents: readonly number[];
  /** Undefined: outside of the timeline. */
  readonly position: number | undefined;
}

const insertRoom = sql(
  'test_insert_room',
  `INSERT INTO roomserver.rooms (room, room_id, room_version, published) VALUES ($1, $2, '11', false)`,
);
const insertEvents = sql(
  'test_insert_events',
  `WITH added AS (INSERT INTO roomserver.events (event, position, snapshot, room, type, state_key, sender, id_head, id_tail)
     SELECT e.event, e.position, -1, $1, e.type, e.state_key, 1, e.head, e.tail
     FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::uuid[], $7::uuid[], $8::text[])
       AS e(event, position, type, state_key, head, tail, json))
   INSERT INTO roomserver.event_bodies (event, folded_json) SELECT * FROM unnest($2::bigint[], $8::text[])`,
);

export async function insertGraphRoom(database: Database, room: number): Promise<void> {
  await database.query(insertRoom, [room, `!graph${room}:example.org`]);
}

export async function insertGraph(database: Database, room: number, events: readonly GraphEvent[]): Promise<void> {
  const keys = events.map(({ event }) => eventKeyOf(graphEventId(event)));
  await database.query(insertEvents, [
    room,
    events.map(({ event }) => event),
    events.map(({ position }) => position ?? null),
    events.map(({ type }) => type),
    events.map(({ stateKey }) => stateKey),
    keys.map(({ head }) => head),
    keys.map(({ tail }) => tail),
    events.map(({ authEvents }) => JSON.stringify({ auth_events: authEvents.map(graphEventId) })),
  ]);
}

export function graphEventId(event: number): EventId {
  const eventId = `$${createHash('sha256').update(`${event}`).digest('base64url')}`;
  if (!isEventId(eventId)) throw new Error('a hash that is no event id');
  return eventId;
}
