import { type Queryable, sql } from '@plexus/postgres';
import type { Standing, TimelinePlace } from '../domain/timeline-place.ts';

/** Of timeline and history each as many as are wanted, and of both the first ones: two probes of indexes, wherever the page is. */
const select = (order: 'DESC' | 'ASC') => `SELECT position, depth, entry, event_id FROM (
     (SELECT position, -1::bigint AS depth, 0::bigint AS entry, NULL::text AS event_id FROM syncapi.timeline
      WHERE room_nid = $1 AND position > $2 AND position <= $5 ORDER BY position ${order} LIMIT $8)
     UNION ALL
     (SELECT after_position, depth, position, event_id FROM syncapi.history
      WHERE room_nid = $1 AND (after_position, depth, position) > ($2::bigint, $3::bigint, $4::bigint)
        AND (after_position, depth, position) <= ($5::bigint, $6::bigint, $7::bigint)
      ORDER BY after_position ${order}, depth ${order}, position ${order} LIMIT $8)) AS event
   ORDER BY position ${order}, depth ${order}, entry ${order} LIMIT $8`;
const selectBackwards = sql('syncapi_select_backwards', select('DESC'));
const selectForwards = sql('syncapi_select_forwards', select('ASC'));
const selectHistoryEvent = sql(
  'syncapi_select_history_event',
  `SELECT after_position AS position, depth, position AS entry, event_id FROM syncapi.history
   WHERE room_nid = $1 AND event_id = $2`,
);

interface StandingRow {
  readonly position: number;
  readonly depth: number;
  readonly entry: number;
  /** Of history. */
  readonly event_id: string | null;
}

/** Events of a room behind one place and up to another; `b`: the newest first. */
export async function readStandings(
  queryable: Queryable,
  roomNid: number,
  range: { readonly after: TimelinePlace; readonly upTo: TimelinePlace; readonly limit: number },
  direction: 'b' | 'f',
): Promise<Standing[]> {
  const { after, upTo, limit } = range;
  const rows = await queryable.query<StandingRow>(direction === 'b' ? selectBackwards : selectForwards, [
    roomNid,
    after.position,
    after.depth,
    after.entry,
    upTo.position,
    upTo.depth,
    upTo.entry,
    limit,
  ]);
  return rows.map(standingOf);
}

/** Where an event of history stands; undefined when it is none of the room's. */
export async function findInHistory(
  queryable: Queryable,
  roomNid: number,
  eventId: string,
): Promise<Standing | undefined> {
  const [row] = await queryable.query<StandingRow>(selectHistoryEvent, [roomNid, eventId]);
  return row === undefined ? undefined : standingOf(row);
}

function standingOf({ position, depth, entry, event_id: eventId }: StandingRow): Standing {
  return eventId === null ? { kind: 'timeline', position } : { kind: 'history', position, depth, entry, eventId };
}
