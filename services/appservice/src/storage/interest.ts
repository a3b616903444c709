import { sql } from '@plexus/postgres';

export const upsertBridges = sql(
  'appservice_upsert_bridges',
  `INSERT INTO appservice.bridge (id, namespaces_fingerprint)
   SELECT * FROM unnest($1::text[], $2::bytea[])
   ON CONFLICT (id) DO NOTHING
   RETURNING id`,
);

export const changedBridges = sql(
  'appservice_changed_bridges',
  `SELECT bridge.id FROM appservice.bridge
   JOIN unnest($1::text[], $2::bytea[]) AS given (id, fingerprint) USING (id)
   WHERE bridge.namespaces_fingerprint <> given.fingerprint`,
);

export const setFingerprints = sql(
  'appservice_set_fingerprints',
  `UPDATE appservice.bridge SET namespaces_fingerprint = given.fingerprint
   FROM unnest($1::text[], $2::bytea[]) AS given (id, fingerprint) WHERE bridge.id = given.id`,
);

export const forgetMembers = sql(
  'appservice_forget_members',
  'DELETE FROM appservice.interesting_member WHERE bridge_id = ANY($1)',
);

/** ($1 room ids) */
export const removeRooms = sql(
  'appservice_remove_rooms',
  'DELETE FROM appservice.interesting_member WHERE room_id = ANY($1::text[])',
);

export const loadMembers = sql(
  'appservice_load_members',
  'SELECT bridge_id, room_id, user_id FROM appservice.interesting_member',
);

export const addMembers = sql(
  'appservice_add_members',
  `INSERT INTO appservice.interesting_member (bridge_id, room_id, user_id)
   SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
);

export const removeMembers = sql(
  'appservice_remove_members',
  `DELETE FROM appservice.interesting_member AS member
   USING unnest($1::text[], $2::text[], $3::text[]) AS gone (bridge_id, room_id, user_id)
   WHERE member.bridge_id = gone.bridge_id AND member.room_id = gone.room_id AND member.user_id = gone.user_id`,
);
