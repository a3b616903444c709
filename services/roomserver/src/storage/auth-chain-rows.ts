import { type Queryable, sql } from '@plexus/postgres';
import type { ChainRow, KnownCover } from '../auth-chains/cover-events.ts';

/** ($1 room) Makes the row that is the lock. */
export const insertIndexedRoom = sql(
  'roomserver_insert_auth_indexed_room',
  `INSERT INTO roomserver.auth_indexed_rooms (room, position) SELECT room, 0 FROM roomserver.rooms WHERE room = $1
   ON CONFLICT DO NOTHING`,
);

/** ($1 room) → how far it is indexed; nobody else indexes it until the end of the transaction. */
export const lockIndexedRoom = sql(
  'roomserver_lock_auth_indexed_room',
  `SELECT position FROM roomserver.auth_indexed_rooms WHERE room = $1 FOR UPDATE`,
);

/** ($1 rooms) → a row for each that has events to be indexed; a room that is being deleted has none. */
export const selectRoomsToIndex = sql(
  'roomserver_select_auth_rooms_to_index',
  `SELECT r.room FROM unnest($1::int[]) AS k(room) JOIN roomserver.rooms r ON r.room = k.room
   LEFT JOIN roomserver.auth_indexed_rooms i ON i.room = r.room
   WHERE i.room IS NULL
     OR EXISTS (SELECT FROM roomserver.events e WHERE e.room = r.room AND e.position > i.position AND e.state_key <> 0)
     OR EXISTS (SELECT FROM roomserver.auth_unindexed u WHERE u.room = r.room
       AND (u.missing IS NULL OR EXISTS (SELECT FROM roomserver.events e WHERE e.id_head = u.missing AND e.room = u.room)))`,
);

/** ($1 least number of events) → rooms that are indexed or have events outside of the timeline, and lag behind so much. */
export const selectLaggingRooms = sql(
  'roomserver_select_auth_lagging_rooms',
  `SELECT i.room FROM roomserver.auth_indexed_rooms i
   WHERE EXISTS (SELECT FROM roomserver.events e WHERE e.room = i.room AND e.position > i.position AND e.state_key <> 0 OFFSET $1)
   UNION
   SELECT u.room FROM roomserver.auth_unindexed u WHERE u.missing IS NULL`,
);

/** ($1 room, $2 position, $3 at most) → the state events of the timeline that follow. */
export const selectNextStateEvents = sql(
  'roomserver_select_auth_next_state_events',
  `SELECT event, position FROM roomserver.events WHERE room = $1 AND position > $2 AND state_key <> 0 ORDER BY position LIMIT $3`,
);

/** ($1 room, $2 at most) → events outside of the timeline of which nothing is known to be missing. */
export const selectUnindexed = sql(
  'roomserver_select_auth_unindexed',
  `SELECT u.event FROM roomserver.auth_unindexed u WHERE u.room = $1
     AND (u.missing IS NULL OR EXISTS (SELECT FROM roomserver.events e WHERE e.id_head = u.missing AND e.room = u.room)) ORDER BY u.event LIMIT $2`,
);

/** ($1 events) → the rooms that they are of. */
export const selectRoomsOfEvents = sql(
  'roomserver_select_rooms_of_events',
  `SELECT DISTINCT room FROM roomserver.events WHERE event = ANY($1::bigint[])`,
);

/** ($1 events, $2 chains, $3 sequences, $4 links as text) */
export const insertChainRows = sql(
  'roomserver_insert_auth_chains',
  `INSERT INTO roomserver.auth_chains (event, chain, sequence, links)
   SELECT r.event, r.chain, r.sequence, r.links::bigint[]
   FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[]) AS r(event, chain, sequence, links)`,
);

/** ($1 room, $2 events that are indexed, $3 events that lack something, $4 what each lacks, $5 position) */
export const updateIndexedRoom = sql(
  'roomserver_update_auth_indexed_room',
  `WITH done AS (DELETE FROM roomserver.auth_unindexed WHERE room = $1 AND event = ANY($2::bigint[])),
   waiting AS (INSERT INTO roomserver.auth_unindexed (room, event, missing)
     SELECT $1::int, w.event, w.missing FROM unnest($3::bigint[], $4::uuid[]) AS w(event, missing)
     ON CONFLICT (room, event) DO UPDATE SET missing = excluded.missing)
   UPDATE roomserver.auth_indexed_rooms SET position = $5 WHERE room = $1`,
);

/** ($1 events) For the subqueries with OFFSET 0 see storage/auth-chains.ts. */
const selectKnownEvents = sql(
  'roomserver_select_auth_known_events',
  `SELECT k.event, a.chain, a.sequence, e.type, e.state_key,
     (SELECT l.sequence FROM roomserver.auth_chains l WHERE l.chain = a.chain ORDER BY l.sequence DESC LIMIT 1) AS last
   FROM unnest($1::bigint[]) AS k(event)
   CROSS JOIN LATERAL (SELECT c.chain, c.sequence FROM roomserver.auth_chains c WHERE c.event = k.event OFFSET 0) AS a
   CROSS JOIN LATERAL (SELECT s.type, s.state_key FROM roomserver.events s WHERE s.event = k.event OFFSET 0) AS e`,
);

/** ($1 chains) → how far each leads up others. */
const selectLinked = sql(
  'roomserver_select_auth_linked',
  `SELECT a.chain, t.chain AS target, max(t.sequence) AS sequence FROM unnest($1::bigint[]) AS k(chain)
   CROSS JOIN LATERAL (SELECT c.chain, c.links FROM roomserver.auth_chains c WHERE c.chain = k.chain OFFSET 0) AS a
   CROSS JOIN LATERAL unnest(a.links) AS l(event)
   CROSS JOIN LATERAL (SELECT c.chain, c.sequence FROM roomserver.auth_chains c WHERE c.event = l.event OFFSET 0) AS t
   GROUP BY a.chain, t.chain`,
);

/** What is in the cover of these events, and of the chains at whose ends some of them are. */
export async function readKnownCover(queryable: Queryable, events: readonly number[]): Promise<KnownCover> {
  type Row = { event: number; chain: number; sequence: number; type: number; state_key: number; last: number };
  const rows = await queryable.query<Row>(selectKnownEvents, [events]);
  const ends = rows.filter(({ sequence, last }) => sequence === last);
  const links = await queryable.query<{ chain: number; target: number; sequence: number }>(selectLinked, [
    [...new Set(ends.map(({ chain }) => chain))],
  ]);
  const linked = new Map<number, Map<number, number>>();
  for (const { chain, target, sequence } of links)
    linked.set(chain, (linked.get(chain) ?? new Map<number, number>()).set(target, sequence));
  return {
    events: new Map(
      rows.map(({ event, chain, sequence, type, state_key }) => [
        event,
        { chain, sequence, type, stateKey: state_key },
      ]),
    ),
    lastOf: new Map(rows.map(({ chain, last }) => [chain, last])),
    linked,
  };
}

export function chainRowParameters(rows: readonly ChainRow[]) {
  return [
    rows.map(({ event }) => event),
    rows.map(({ chain }) => chain),
    rows.map(({ sequence }) => sequence),
    rows.map(({ links }) => `{${links.join()}}`),
  ];
}
