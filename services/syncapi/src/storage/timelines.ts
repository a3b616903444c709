import { type Queryable, sql } from '@plexus/postgres';
import type { VisibilityChange } from '../domain/visibility.ts';
import { visibilityOf } from '../domain/visibility.ts';
import { groupBy } from './memberships.ts';

/** Events of one room between two positions, both ends as named. */
export interface TimelineRange {
  readonly roomNid: number;
  readonly after: number;
  readonly upTo: number;
}

export interface StateChangeRow {
  readonly position: number;
  readonly type: string;
  readonly stateKey: string;
  /** Undefined: the event at the position itself. */
  readonly eventId: string | undefined;
}

/** One probe of the index a room: 200 rooms take 1 ms, whatever their length. */
const selectNewest = sql(
  'syncapi_select_newest',
  `SELECT range.room_nid, event.position
   FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS range (room_nid, after, up_to),
   LATERAL (
     SELECT position FROM syncapi.timeline
     WHERE timeline.room_nid = range.room_nid AND position > range.after AND position <= range.up_to
     ORDER BY position DESC LIMIT $4
   ) AS event`,
);
const selectStateChanges = sql(
  'syncapi_select_state_changes',
  `SELECT room_nid, position, type, state_key, event_id
   FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS range (nid, after, up_to)
   JOIN syncapi.state_change ON room_nid = nid AND position > after AND position <= up_to
   ORDER BY position`,
);
const selectFirstMember = sql(
  'syncapi_select_first_member',
  `SELECT position FROM syncapi.state_change
   WHERE room_nid = $1 AND type = 'm.room.member' ORDER BY position LIMIT 1`,
);
const selectVisibilities = sql(
  'syncapi_select_visibilities',
  `SELECT room_nid, position, visibility FROM syncapi.visibility_change
   WHERE room_nid = ANY($1::integer[]) ORDER BY position`,
);
/**
 * Member events of other servers may name as their target what is no user: `@`, a localpart, `:` and a server name make one. Typed clients
 * refuse a whole response with any other hero.
 */
const USER_ID = String.raw`^@[^:]*:([A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`;
/** Where only one member is left, the heroes are those who were there: "Syncing", `RoomSummary`. Six, so that five remain without the receiver. */
const selectSummaries = sql(
  'syncapi_select_summaries',
  `SELECT room_id, joined_members, invited_members, ARRAY(
     SELECT user_id FROM syncapi.current_membership
     WHERE current_membership.room_nid = room.room_nid AND membership IN (1, 2) AND user_id ~ '${USER_ID}'
     ORDER BY position LIMIT 6
   ) AS heroes, CASE WHEN joined_members + invited_members > 1 THEN '{}' ELSE ARRAY(
     SELECT user_id FROM syncapi.current_membership
     WHERE current_membership.room_nid = room.room_nid AND membership IN (4, 5) AND user_id ~ '${USER_ID}'
     ORDER BY position LIMIT 5
   ) END AS former
   FROM syncapi.room WHERE room_id = ANY($1::text[])`,
);

/** The newest positions of each range, at most `limit` each, in order, by room number. */
export async function readNewest(
  queryable: Queryable,
  ranges: readonly TimelineRange[],
  limit: number,
): Promise<Map<number, number[]>> {
  const rows = await queryable.query<{ room_nid: number; position: number }>(selectNewest, [...columns(ranges), limit]);
  const positions = groupBy(
    rows,
    (row) => row.room_nid,
    (row) => row.position,
  );
  for (const ofRoom of positions.values()) ofRoom.sort((left, right) => left - right);
  return positions;
}

/** What changed in the state of rooms within the ranges, in order, by room number. */
export async function readStateChanges(
  queryable: Queryable,
  ranges: readonly TimelineRange[],
): Promise<Map<number, StateChangeRow[]>> {
  interface Row {
    readonly room_nid: number;
    readonly position: number;
    readonly type: string;
    readonly state_key: string;
    readonly event_id: string | null;
  }
  const rows = await queryable.query<Row>(selectStateChanges, columns(ranges));
  return groupBy(
    rows,
    (row) => row.room_nid,
    ({ position, type, state_key: stateKey, event_id: eventId }) => ({
      position,
      type,
      stateKey,
      eventId: eventId ?? undefined,
    }),
  );
}

/** Position of the first change of a member of the room; undefined when it has none. */
export async function firstMemberPosition(queryable: Queryable, roomNid: number): Promise<number | undefined> {
  const [row] = await queryable.query<{ position: number }>(selectFirstMember, [roomNid]);
  return row?.position;
}

/** Every history visibility that rooms had, in order, by room number. */
export async function readVisibilities(
  queryable: Queryable,
  roomNids: readonly number[],
): Promise<Map<number, VisibilityChange[]>> {
  const rows = await queryable.query<{ room_nid: number; position: number; visibility: number }>(selectVisibilities, [
    roomNids,
  ]);
  return groupBy(
    rows,
    (row) => row.room_nid,
    ({ position, visibility }) => ({ position, visibility: visibilityOf(visibility) }),
  );
}

export interface StoredSummary {
  readonly roomId: string;
  readonly joined: number;
  readonly invited: number;
  readonly heroes: readonly string[];
}

/** Counts and first members of rooms. */
export async function readSummaries(queryable: Queryable, roomIds: readonly string[]): Promise<StoredSummary[]> {
  interface Row {
    readonly room_id: string;
    readonly joined_members: number;
    readonly invited_members: number;
    readonly heroes: string[];
    readonly former: string[];
  }
  const rows = await queryable.query<Row>(selectSummaries, [roomIds]);
  return rows.map((row) => ({
    roomId: row.room_id,
    joined: row.joined_members,
    invited: row.invited_members,
    heroes: [...row.heroes, ...row.former],
  }));
}

function columns(ranges: readonly TimelineRange[]): [number[], number[], number[]] {
  return [ranges.map((range) => range.roomNid), ranges.map((range) => range.after), ranges.map((range) => range.upTo)];
}
