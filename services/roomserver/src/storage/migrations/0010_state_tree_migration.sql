-- States of the first format become trees in the background while rooms work (state-store/first-format/, docs/decisions/state-tree.md).
-- Nothing refers to one of them anew: a commit that would is made again with the tree of the state.
ALTER TABLE roomserver.events
  ADD CONSTRAINT events_snapshot_of_tree CHECK (snapshot <= 0 OR snapshot >= 4503599627370496) NOT VALID;
ALTER TABLE roomserver.room_heads
  ADD CONSTRAINT room_heads_snapshot_of_tree CHECK (snapshot <= 0 OR snapshot >= 4503599627370496) NOT VALID;

-- One row: how far it is.
CREATE TABLE roomserver.state_migration (
  -- events -> heads -> proof -> done
  phase text NOT NULL,
  -- Last event, or room, that this phase has looked at.
  reached bigint NOT NULL DEFAULT 0,
  -- Rows that refer to a tree now.
  converted bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- When the last reference to a state of the first format was gone.
  converted_at timestamptz,
  claimed_by uuid,
  claimed_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);
INSERT INTO roomserver.state_migration (phase, converted_at)
  SELECT CASE WHEN EXISTS (SELECT FROM roomserver.state_snapshots) THEN 'events' ELSE 'done' END,
    CASE WHEN EXISTS (SELECT FROM roomserver.state_snapshots) THEN NULL ELSE now() END;
