import { sql } from '@plexus/postgres';

/** ($1 room, $2 types, $3 state keys) → the events that stand there now; places without one are left out. */
export const selectCurrentState = sql(
  'roomserver_select_current_state',
  `SELECT k.type, k.state_key, s.event, b.folded_json
   FROM unnest($2::text[], $3::text[]) AS k(type, state_key)
   JOIN roomserver.event_types t ON t.type = k.type
   JOIN roomserver.state_keys n ON n.state_key = k.state_key
   JOIN roomserver.current_state s ON s.room = $1 AND s.type = t.number AND s.state_key = n.number
   JOIN roomserver.bodies b ON b.event = s.event
   UNION ALL
   SELECT k.type, k.state_key, m.event, b.folded_json
   FROM unnest($2::text[], $3::text[]) AS k(type, state_key)
   JOIN roomserver.users u ON u.user_id = k.state_key
   JOIN roomserver.memberships m ON m.room = $1 AND m.user_number = u.number
   JOIN roomserver.bodies b ON b.event = m.event
   WHERE k.type = 'm.room.member'`,
);

export interface CurrentStateRow {
  readonly type: string;
  readonly state_key: string;
  readonly event: number;
  readonly folded_json: string;
}

/** ($1 room, $2 suffix of local user ids) → one joined user whose id ends so. */
export const selectLocalMember = sql(
  'roomserver_select_local_member',
  `SELECT u.user_id FROM roomserver.memberships m JOIN roomserver.users u ON u.number = m.user_number
   WHERE m.room = $1 AND m.membership = 1 AND right(u.user_id, length($2)) = $2 LIMIT 1`,
);

/** ($1 room ids, $2 user) → a row when the user is joined to one of the rooms. */
export const selectJoinedOneOf = sql(
  'roomserver_select_joined_one_of',
  `SELECT m.room FROM roomserver.memberships m JOIN roomserver.users u ON u.number = m.user_number
   JOIN roomserver.rooms r ON r.room = m.room
   WHERE u.user_id = $2 AND r.room_id = ANY($1::text[]) AND m.membership = 1 LIMIT 1`,
);
