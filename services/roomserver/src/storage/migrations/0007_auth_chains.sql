-- Chain cover of the graph of auth_events (auth-chains/), for rooms whose states were resolved once: a room of this server alone has no row
-- here. Written after the events' commit, by one process at a time for a room; all of an event's auth chain is in it before the event is.
CREATE TABLE roomserver.auth_chains (
  event bigint NOT NULL,
  -- Number of the chain's first event.
  chain bigint NOT NULL,
  sequence integer NOT NULL,
  -- Auth events that the chain does not imply, by number.
  links bigint[] NOT NULL,
  PRIMARY KEY (event)
);
CREATE UNIQUE INDEX auth_chains_place ON roomserver.auth_chains (chain, sequence);
-- Who cites an event. Without the pending list, which each query would have to read through.
CREATE INDEX auth_chains_links ON roomserver.auth_chains USING gin (links) WITH (fastupdate = off);

-- All state events of the timeline up to the position are in the chain cover. The row is the lock of those who write it.
CREATE TABLE roomserver.auth_indexed_rooms (
  room integer PRIMARY KEY,
  position bigint NOT NULL
) WITH (fillfactor = 50);

-- State events that are not in the chain cover and that no position leads to: those outside of the timeline, and those some of whose auth
-- chain is not stored.
CREATE TABLE roomserver.auth_unindexed (
  room integer NOT NULL,
  event bigint NOT NULL,
  -- First half of the key of an event that its auth chain lacks.
  missing uuid,
  PRIMARY KEY (room, event)
);

-- A trigger, so that no way by which such an event comes in can forget it: a forgotten one would make a resolution wrong. The condition
-- costs a message nothing that can be measured.
CREATE FUNCTION roomserver.note_unindexed_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roomserver.auth_unindexed (room, event) VALUES (NEW.room, NEW.event);
  RETURN NULL;
END $$;
CREATE TRIGGER event_outside_timeline AFTER INSERT ON roomserver.events
  FOR EACH ROW WHEN (NEW.position IS NULL AND NEW.state_key <> 0) EXECUTE FUNCTION roomserver.note_unindexed_event();
