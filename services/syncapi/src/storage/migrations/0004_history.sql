-- Events from before the room was known here, or from gaps in it: they came late, and each stands where the room's graph has it.
CREATE TABLE syncapi.history (
  room_nid integer NOT NULL,
  -- After the timeline up to here, before what follows; then by depth, then by position.
  after_position bigint NOT NULL,
  depth bigint NOT NULL,
  -- Of its entry in the room log.
  position bigint NOT NULL,
  event_id text NOT NULL,
  PRIMARY KEY (room_nid, after_position, depth, position)
);
CREATE INDEX history_event ON syncapi.history (room_nid, event_id);
