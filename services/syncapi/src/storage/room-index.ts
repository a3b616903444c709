import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { type Database, type SqlValue, type Statement, sql, type Transaction } from '@plexus/postgres';
import { advancedFreely, endsOf, roomLog } from '@plexus/streams';
import type { IndexRows } from '../domain/index-rows.ts';
import { writeForgotten } from './forgotten-rooms.ts';

const insertTimeline = sql(
  'syncapi_insert_timeline',
  `INSERT INTO syncapi.timeline (room_nid, position)
   SELECT * FROM unnest($1::integer[], $2::bigint[]) ON CONFLICT DO NOTHING`,
);
const appendTimeline = sql(
  'syncapi_append_timeline',
  `WITH ${advancedFreely('syncapi')},
   written AS (
     INSERT INTO syncapi.timeline (room_nid, position)
     SELECT given.room_nid, given.position
     FROM advanced, unnest($4::integer[], $5::bigint[]) AS given (room_nid, position) ON CONFLICT DO NOTHING
   )
   SELECT position FROM advanced`,
);
const insertHistory = sql(
  'syncapi_insert_history',
  `INSERT INTO syncapi.history (room_nid, after_position, depth, position, event_id)
   SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) ON CONFLICT DO NOTHING`,
);
const insertStateChanges = sql(
  'syncapi_insert_state_changes',
  `INSERT INTO syncapi.state_change (room_nid, position, type, state_key, event_id)
   SELECT * FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
);
/** The counts of a room follow its members in the same statement: they are read with every summary, and members come by the hundred thousand. */
const upsertMembers = sql(
  'syncapi_upsert_members',
  `WITH incoming AS (
     SELECT * FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::bigint[], $5::boolean[], $6::text[])
       AS row (room_nid, user_id, membership, position, is_local, stripped_state)
   ), difference AS (
     SELECT room_nid,
            sum((incoming.membership = 1)::integer - coalesce((before.membership = 1)::integer, 0)) AS joined,
            sum((incoming.membership = 2)::integer - coalesce((before.membership = 2)::integer, 0)) AS invited
     FROM incoming LEFT JOIN syncapi.current_membership AS before USING (room_nid, user_id)
     GROUP BY room_nid
   ), counted AS (
     UPDATE syncapi.room
     SET joined_members = joined_members + difference.joined, invited_members = invited_members + difference.invited
     FROM difference
     WHERE room.room_nid = difference.room_nid AND (difference.joined <> 0 OR difference.invited <> 0)
   )
   INSERT INTO syncapi.current_membership (room_nid, user_id, membership, position, is_local, stripped_state)
   SELECT room_nid, user_id, membership, position, is_local, stripped_state FROM incoming
   ON CONFLICT (room_nid, user_id) DO UPDATE
   SET membership = excluded.membership, position = excluded.position, stripped_state = excluded.stripped_state`,
);
const insertMembershipChanges = sql(
  'syncapi_insert_membership_changes',
  `INSERT INTO syncapi.membership_change (room_nid, user_id, position, membership)
   SELECT * FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::smallint[]) ON CONFLICT DO NOTHING`,
);
const insertVisibilityChanges = sql(
  'syncapi_insert_visibility_changes',
  `INSERT INTO syncapi.visibility_change (room_nid, position, visibility)
   SELECT * FROM unnest($1::integer[], $2::bigint[], $3::smallint[]) ON CONFLICT DO NOTHING`,
);
const tablesOfRooms = [
  'timeline',
  'history',
  'state_change',
  'current_membership',
  'membership_change',
  'visibility_change',
  'forgotten_room',
  'room',
] as const;
const deleteByNumber = tablesOfRooms.map((table) =>
  sql(`syncapi_delete_room_${table}`, `DELETE FROM syncapi.${table} WHERE room_nid = ANY($1::integer[])`),
);
const deleteById = [
  ...(['receipt', 'account_data_change'] as const).map((table) =>
    sql(`syncapi_delete_room_${table}`, `DELETE FROM syncapi.${table} WHERE room_id = ANY($1::text[])`),
  ),
  // Readers of the log are given its positions as entries that say nothing.
  sql('syncapi_delete_room_receipt_log', 'DELETE FROM syncapi.receipt_log WHERE room_id = ANY($1::text[])'),
];
const insertDeletedRooms = sql(
  'syncapi_insert_deleted_rooms',
  `INSERT INTO syncapi.deleted_room (user_id, room_id, position)
   SELECT user_id, room_id, CASE WHEN membership IN (4, 5) THEN member.position ELSE given.position END
   FROM unnest($1::integer[], $2::bigint[]) AS given (room_nid, position)
   JOIN syncapi.room USING (room_nid) JOIN syncapi.current_membership AS member USING (room_nid)
   WHERE is_local
   ON CONFLICT (user_id, room_id) DO UPDATE SET position = excluded.position, deleted_at = now()`,
);
const deletePurged = sql(
  'syncapi_delete_purged',
  `WITH purged AS (SELECT * FROM unnest($1::integer[], $2::bigint[]) AS given (nid, up_to)),
   older AS (DELETE FROM syncapi.history USING purged WHERE room_nid = nid AND after_position < up_to)
   DELETE FROM syncapi.timeline USING purged WHERE room_nid = nid AND position <= up_to`,
);

/** Writes a batch of the room log in one transaction; the statements travel together. */
export async function writeIndexRows(
  transaction: Transaction,
  rows: IndexRows,
  numbers: ReadonlyMap<string, number>,
): Promise<void> {
  const { forgotten, deletedRooms } = rows;
  const nid = (row: { readonly roomId: string }) => numberOf(numbers, row.roomId);
  await Promise.all(writesOf(rows, nid).map(([statement, values]) => transaction.query(statement, values)));
  if (forgotten.length > 0) await writeForgotten(transaction, forgotten, forgotten.map(nid));
  if (deletedRooms.length > 0) {
    const nids = deletedRooms.map(nid);
    const roomIds = deletedRooms.map(({ roomId }) => roomId);
    await transaction.query(insertDeletedRooms, [nids, deletedRooms.map(({ position }) => position)]);
    for (const statement of deleteByNumber) await transaction.query(statement, [nids]);
    for (const statement of deleteById) await transaction.query(statement, [roomIds]);
  }
}

/** A statement for each table that something is written to, in the order in which they are carried out. */
function writesOf(
  { timeline, history, stateChanges, members, localChanges, visibilities, purged }: IndexRows,
  nid: (row: { readonly roomId: string }) => number,
): (readonly [Statement, SqlValue[]])[] {
  const ofMembers = [...members.values()];
  const writes: [readonly { readonly roomId: string }[], Statement, () => SqlValue[]][] = [
    [timeline, insertTimeline, () => [timeline.map((row) => row.position)]],
    [
      history,
      insertHistory,
      () => [
        history.map((row) => row.afterPosition),
        history.map((row) => row.depth),
        history.map((row) => row.position),
        history.map((row) => row.eventId),
      ],
    ],
    [
      stateChanges,
      insertStateChanges,
      () => [
        stateChanges.map((row) => row.position),
        stateChanges.map((row) => row.type),
        stateChanges.map((row) => row.stateKey),
        stateChanges.map((row) => row.eventId),
      ],
    ],
    [
      ofMembers,
      upsertMembers,
      () => [
        ofMembers.map((row) => row.userId),
        ofMembers.map((row) => row.membership),
        ofMembers.map((row) => row.position),
        ofMembers.map((row) => row.isLocal),
        ofMembers.map((row) => row.strippedState),
      ],
    ],
    [
      localChanges,
      insertMembershipChanges,
      () => [
        localChanges.map((row) => row.userId),
        localChanges.map((row) => row.position),
        localChanges.map((row) => row.membership),
      ],
    ],
    [
      visibilities,
      insertVisibilityChanges,
      () => [visibilities.map((row) => row.position), visibilities.map((row) => row.visibility)],
    ],
    [purged, deletePurged, () => [purged.map(({ upTo }) => upTo)]],
  ];
  return writes.flatMap(([rows, statement, columns]) =>
    rows.length === 0 ? [] : [[statement, [rows.map(nid), ...columns()]] as const],
  );
}

/**
 * Writes a batch that only adds to timelines, with the position, in one statement instead of six with a transaction's: most batches are of messages.
 * False, with nothing written, when another replica was faster or something is set aside.
 */
export async function appendToTimelines(
  database: Database,
  entries: readonly RoomLogEntry[],
  { timeline }: IndexRows,
  numbers: ReadonlyMap<string, number>,
): Promise<boolean> {
  const written = await database.query(appendTimeline, [
    roomLog.name,
    ...endsOf(entries),
    timeline.map(({ roomId }) => numberOf(numbers, roomId)),
    timeline.map(({ position }) => position),
  ]);
  return written.length > 0;
}

/** Rooms that a batch speaks of. */
export function roomIdsOf(rows: IndexRows): string[] {
  const { timeline, history, stateChanges, members, purged, forgotten, deletedRooms } = rows;
  const named = [
    ...timeline,
    ...history,
    ...stateChanges,
    ...members.values(),
    ...purged,
    ...forgotten,
    ...deletedRooms,
  ];
  return [...new Set(named.map((row) => row.roomId))];
}

function numberOf(numbers: ReadonlyMap<string, number>, roomId: string): number {
  const number = numbers.get(roomId);
  if (number === undefined) throw new Error('a room of the batch has no number');
  return number;
}
