import { sql } from '@plexus/postgres';

const memberColumns = `r.room_id, r.room_version, u.user_id, m.membership, uuid_send(e.id_head) || uuid_send(e.id_tail) AS key`;
const legacyJson = `CASE WHEN r.room_version IN ('1', '2') THEN b.folded_json END AS folded_json`;

/** ($1 room ids, $2 memberships or null for all) → members of the rooms with the JSON of their member events. */
export const selectMembers = sql(
  'roomserver_select_members',
  `SELECT ${memberColumns}, b.folded_json
   FROM roomserver.rooms r JOIN roomserver.memberships m ON m.room = r.room
   JOIN roomserver.users u ON u.number = m.user_number JOIN roomserver.events e ON e.event = m.event
   JOIN roomserver.bodies b ON b.event = m.event
   WHERE r.room_id = ANY($1::text[]) AND ($2::smallint[] IS NULL OR m.membership = ANY($2::smallint[]))`,
);

/** ($1 user ids, $2 memberships or null for all, $3 room ids or null for all) → in which rooms the users are. */
export const selectMemberships = sql(
  'roomserver_select_memberships',
  `SELECT ${memberColumns}, ${legacyJson}, f.event IS NOT NULL AS forgotten
   FROM roomserver.users u JOIN roomserver.memberships m ON m.user_number = u.number
   JOIN roomserver.rooms r ON r.room = m.room JOIN roomserver.events e ON e.event = m.event
   LEFT JOIN roomserver.bodies b ON b.event = m.event AND r.room_version IN ('1', '2')
   LEFT JOIN roomserver.forgotten_rooms f ON f.user_number = u.number AND f.room = m.room AND f.event = m.event
   WHERE u.user_id = ANY($1::text[]) AND ($2::smallint[] IS NULL OR m.membership = ANY($2::smallint[]))
     AND ($3::text[] IS NULL OR r.room_id = ANY($3::text[]))`,
);

export interface MemberRow {
  readonly room_id: string;
  readonly room_version: string;
  readonly user_id: string;
  readonly membership: number;
  readonly key: Buffer;
  readonly folded_json: string | null;
}
