-- Where events of history stand in their room: after the timeline up to `after_position`, and among the history there by depth. An event
-- that came before this table has none.
CREATE TABLE roomserver.history_places (
  event bigint PRIMARY KEY,
  after_position bigint NOT NULL,
  depth bigint NOT NULL
);
