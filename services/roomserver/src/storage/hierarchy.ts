import { sql } from '@plexus/postgres';

/** ($1 room ids) → those that are there. */
export const selectHierarchyRooms = sql(
  'roomserver_select_hierarchy_rooms',
  `SELECT room, room_id, room_version FROM roomserver.rooms WHERE room_id = ANY($1::text[])`,
);

/** ($1 rooms, $2 types, $3 another type) → current state of these types with an empty state key, and of the other with any. */
export const selectHierarchyState = sql(
  'roomserver_select_hierarchy_state',
  `SELECT k.room, t.type, b.folded_json FROM unnest($1::int[]) AS k(room)
   CROSS JOIN roomserver.event_types t JOIN roomserver.state_keys n ON n.state_key = ''
   JOIN roomserver.current_state s ON s.room = k.room AND s.type = t.number AND s.state_key = n.number
   JOIN roomserver.bodies b ON b.event = s.event WHERE t.type = ANY($2::text[])
   UNION ALL
   SELECT k.room, t.type, b.folded_json FROM unnest($1::int[]) AS k(room)
   JOIN roomserver.event_types t ON t.type = $3 JOIN roomserver.current_state s ON s.room = k.room AND s.type = t.number
   JOIN roomserver.bodies b ON b.event = s.event`,
);

export interface HierarchyStateRow {
  readonly room: number;
  readonly type: string;
  readonly folded_json: string;
}
