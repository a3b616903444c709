import { sql } from '@plexus/postgres';

/** ($1 how many) → rooms of the directory whose listing is not of their current state. */
export const selectOutdatedListings = sql(
  'roomserver_select_outdated_listings',
  `SELECT r.room, h.snapshot FROM (
     SELECT room FROM roomserver.rooms WHERE published UNION SELECT room FROM roomserver.network_listings) AS r
   JOIN roomserver.room_heads h ON h.room = r.room LEFT JOIN roomserver.room_listings l ON l.room = r.room
   WHERE l.snapshot IS DISTINCT FROM h.snapshot ORDER BY r.room LIMIT $1`,
);

/** ($1 rooms, $2 types) → the events of these types with an empty state key that stand there now. */
export const selectListedState = sql(
  'roomserver_select_listed_state',
  `SELECT k.room, t.type, b.folded_json FROM unnest($1::int[]) AS k(room)
   CROSS JOIN roomserver.event_types t JOIN roomserver.state_keys n ON n.state_key = ''
   JOIN roomserver.current_state s ON s.room = k.room AND s.type = t.number AND s.state_key = n.number
   JOIN roomserver.bodies b ON b.event = s.event WHERE t.type = ANY($2::text[])`,
);

/** ($1 rooms) → how many are joined. */
export const countJoined = sql(
  'roomserver_count_joined',
  `SELECT k.room, (SELECT count(*)::int FROM roomserver.memberships m WHERE m.room = k.room AND m.membership = 1) AS joined
   FROM unnest($1::int[]) AS k(room)`,
);

/** ($1 rooms, $2 snapshots, $3 joined members, $4 room types, $5 texts to search, $6 summaries) */
export const upsertListings = sql(
  'roomserver_upsert_listings',
  `INSERT INTO roomserver.room_listings (room, snapshot, joined_members, room_type, search, summary)
   SELECT l.* FROM unnest($1::int[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[]) AS l
   ON CONFLICT (room) DO UPDATE SET snapshot = excluded.snapshot, joined_members = excluded.joined_members,
     room_type = excluded.room_type, search = excluded.search, summary = excluded.summary`,
);

function selectPage(name: string, comparison: '<' | '>', order: 'ASC' | 'DESC') {
  return sql(
    name,
    `SELECT l.room, r.room_id, l.joined_members, l.summary FROM roomserver.room_listings l
     JOIN roomserver.rooms r ON r.room = l.room
     WHERE (l.joined_members, l.room) ${comparison} ($1::int, $2::int) AND l.joined_members > 0
       AND ($3::boolean AND r.published OR EXISTS (
         SELECT FROM roomserver.network_listings n WHERE n.room = l.room AND ($4::text IS NULL OR n.network = $4) AND $5::boolean))
       AND ($6::text IS NULL OR position($6 IN l.search) > 0)
       AND ($7::text[] IS NULL OR l.room_type = ANY($7::text[]) OR ($8::boolean AND l.room_type IS NULL))
     ORDER BY l.joined_members ${order}, l.room ${order} LIMIT $9`,
  );
}

/**
 * A page of the directory, the largest rooms first. ($1 joined members and $2 room to begin after, $3 those published here?, $4 network or
 * null for any, $5 those of networks?, $6 text to find in lower case or null, $7 room types or null for all, $8 rooms without a type too?,
 * $9 how many)
 */
export const selectListingsAfter = selectPage('roomserver_select_listings_after', '<', 'DESC');
/** The same backwards, smallest first. */
export const selectListingsBefore = selectPage('roomserver_select_listings_before', '>', 'ASC');

export interface ListingRow {
  readonly room: number;
  readonly room_id: string;
  readonly joined_members: number;
  readonly summary: string;
}

/** → how many rooms the directory lists. */
export const countPublished = sql(
  'roomserver_count_published',
  `SELECT count(*)::int AS rooms FROM roomserver.rooms WHERE published`,
);

/** ($1 network, $2 room id) */
export const insertNetworkListing = sql(
  'roomserver_insert_network_listing',
  `INSERT INTO roomserver.network_listings (network, room) SELECT $1, room FROM roomserver.rooms WHERE room_id = $2
   ON CONFLICT DO NOTHING`,
);

/** ($1 network, $2 room id) */
export const deleteNetworkListing = sql(
  'roomserver_delete_network_listing',
  `DELETE FROM roomserver.network_listings
   WHERE network = $1 AND room = (SELECT room FROM roomserver.rooms WHERE room_id = $2)`,
);
