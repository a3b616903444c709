import { sql } from '@plexus/postgres';

/** ($1 room) → the upgrade that was begun last. */
export const selectUpgrade = sql(
  'roomserver_select_upgrade',
  `SELECT attempt, user_id, room_version, additional_creators, replacement, begun_ts, power_levels, finished
   FROM roomserver.room_upgrades WHERE room = $1`,
);

/**
 * ($1 room, $2 user, $3 version, $4 additional creators, $5 id of the new room or null, $6 milliseconds, $7 event of the power levels or null,
 * $8 attempt, one more than that of the upgrade which this one takes the place of) → a row, unless another upgrade was begun meanwhile.
 */
export const beginUpgrade = sql(
  'roomserver_begin_upgrade',
  `INSERT INTO roomserver.room_upgrades AS u (room, user_id, room_version, additional_creators, replacement, begun_ts, power_levels, attempt)
   VALUES ($1, $2, $3, $4::text[], $5, $6, $7, $8)
   ON CONFLICT (room) DO UPDATE SET user_id = excluded.user_id, room_version = excluded.room_version,
     additional_creators = excluded.additional_creators, replacement = excluded.replacement, begun_ts = excluded.begun_ts,
     power_levels = excluded.power_levels, attempt = excluded.attempt, finished = false
   WHERE u.attempt = excluded.attempt - 1
   RETURNING attempt`,
);

export interface UpgradeRow {
  readonly attempt: number;
  readonly user_id: string;
  readonly room_version: string;
  readonly additional_creators: string[];
  readonly replacement: string | null;
  readonly begun_ts: number;
  readonly power_levels: number | null;
  readonly finished: boolean;
}

/** ($1 room, $2 attempt, $3 id of the new room, null when it cannot be made) */
export const finishUpgrade = sql(
  'roomserver_finish_upgrade',
  `UPDATE roomserver.room_upgrades SET replacement = $3, finished = true WHERE room = $1 AND attempt = $2`,
);

/** ($1 old room id, $2 new room id): what the directory has of the old room is the new one's from now on. */
export const moveAliases = sql(
  'roomserver_move_aliases',
  `UPDATE roomserver.aliases SET room = (SELECT room FROM roomserver.rooms WHERE room_id = $2)
   WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1)`,
);
export const moveListings = [
  moveAliases,
  sql(
    'roomserver_move_published',
    `UPDATE roomserver.rooms SET published = room_id = $2
     WHERE room_id IN ($1, $2) AND EXISTS (SELECT FROM roomserver.rooms WHERE room_id = $1 AND published)`,
  ),
  sql(
    'roomserver_move_network_listings',
    `UPDATE roomserver.network_listings SET room = (SELECT room FROM roomserver.rooms WHERE room_id = $2)
     WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1)`,
  ),
] as const;

/** ($1 room id) → its aliases. */
export const selectLocalAliases = sql(
  'roomserver_select_local_aliases',
  `SELECT alias FROM roomserver.aliases WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1) ORDER BY alias`,
);
