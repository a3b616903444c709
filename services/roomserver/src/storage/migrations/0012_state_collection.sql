-- Collection of the nodes of states that no event refers to any more (docs/decisions/state-collection.md).

-- What deletes events makes the head's version a new one, while its state may yet be of the first format. That of the events is enough.
ALTER TABLE roomserver.room_heads DROP CONSTRAINT room_heads_snapshot_of_tree;

-- One row: the collection under way, or the last one.
CREATE TABLE roomserver.state_collection (
  -- marking -> sweeping -> finished
  phase text NOT NULL,
  -- That of log_counter since this collection began.
  generation smallint NOT NULL,
  -- Nodes that it has removed.
  removed bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  claimed_by uuid,
  claimed_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);
INSERT INTO roomserver.state_collection (phase, generation, finished_at) VALUES ('finished', 0, now());

-- States that a collection has to keep beside those it finds: of the heads when it began, and of what was deleted since.
CREATE TABLE roomserver.state_collection_roots (
  root bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  snapshot bigint NOT NULL
);

-- Triggers, so that whatever deletes rows, a collection under way hears of it. What was built on a deleted event's state and not committed
-- is refused like any other commit that finds the head of its room moved.
CREATE FUNCTION roomserver.note_deleted_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roomserver.state_collection_roots (snapshot) SELECT DISTINCT snapshot FROM gone WHERE snapshot > 0;
  UPDATE roomserver.room_heads SET version = version + 1 WHERE room IN (SELECT DISTINCT room FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER events_deleted AFTER DELETE ON roomserver.events
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION roomserver.note_deleted_events();

CREATE FUNCTION roomserver.note_deleted_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roomserver.state_collection_roots (snapshot)
    SELECT before FROM gone WHERE before > 0 UNION SELECT after FROM gone WHERE after > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER state_transitions_deleted AFTER DELETE ON roomserver.state_transitions
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION roomserver.note_deleted_transitions();
