-- What an upgrade was begun with, so that it can be repeated after a crash and comes to the same new room.
CREATE TABLE roomserver.room_upgrades (
  -- The room that is replaced.
  room integer PRIMARY KEY,
  user_id text NOT NULL,
  room_version text NOT NULL,
  additional_creators text[] NOT NULL,
  -- Of the new room; since room version 12, where it is a hash, null until the upgrade is finished.
  replacement text,
  -- Milliseconds: the time of the new room's events.
  begun_ts bigint NOT NULL,
  -- The event, before the upgrade restricts the old room; null: it has none.
  power_levels bigint,
  finished boolean NOT NULL DEFAULT false
);
