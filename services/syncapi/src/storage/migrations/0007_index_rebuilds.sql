-- Indexes that are written again from the room log while the service runs. The migration of a new index adds a row with the position that the
-- index is written up to: SELECT 'name', 0, position FROM syncapi.consumer_position WHERE log = 'ROOM_LOG'. What comes later is written as it comes.
CREATE TABLE syncapi.index_rebuild (
  index_name text PRIMARY KEY,
  -- Entries up to here are written.
  position bigint NOT NULL DEFAULT 0,
  up_to bigint NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now()
);
