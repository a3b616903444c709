import { sql } from '@plexus/postgres';

/** ($1 aliases) → the rooms they point at. */
export const selectAliases = sql(
  'roomserver_select_aliases',
  `SELECT a.alias, r.room_id, u.user_id AS creator FROM roomserver.aliases a
   JOIN roomserver.rooms r ON r.room = a.room JOIN roomserver.users u ON u.number = a.creator
   WHERE a.alias = ANY($1::text[])`,
);

export interface AliasRow {
  readonly alias: string;
  readonly room_id: string;
  readonly creator: string;
}

/** ($1 alias, $2 room id, $3 number of the creator) → a row when the alias was free and the room is there. */
export const insertAlias = sql(
  'roomserver_insert_alias',
  `INSERT INTO roomserver.aliases (alias, room, creator) SELECT $1, room, $3::int FROM roomserver.rooms WHERE room_id = $2
   ON CONFLICT (alias) DO NOTHING RETURNING alias`,
);

/** ($1 user id, $2 limit) → how many aliases the user has made, counted up to the limit. */
export const countAliases = sql(
  'roomserver_count_aliases',
  `SELECT count(*)::int AS aliases FROM (
     SELECT FROM roomserver.aliases a JOIN roomserver.users u ON u.number = a.creator WHERE u.user_id = $1 LIMIT $2) AS made`,
);

/** ($1 alias) */
export const deleteAliasRow = sql('roomserver_delete_alias', `DELETE FROM roomserver.aliases WHERE alias = $1`);
