-- Bodies of old messages move into blocks, compressed together (docs/decisions/cold-bodies.md).
--
-- The column was never written. It keeps its place in the row: a ninth column would widen the null bitmap, 8 bytes a message.
ALTER TABLE roomserver.event_bodies ALTER COLUMN compressed TYPE bigint USING NULL;
ALTER TABLE roomserver.event_bodies RENAME COLUMN compressed TO block;

CREATE TABLE roomserver.cold_blocks (
  -- The smallest event number that is in it.
  block bigint PRIMARY KEY,
  -- cold-bodies/block-codec.ts
  bodies bytea NOT NULL
);
ALTER TABLE roomserver.cold_blocks ALTER COLUMN bodies SET STORAGE EXTERNAL;

-- Blocks that hold a body to which no row points any more: redacted, purged, expired. A row for each body, so that a note is there exactly
-- when the body is gone, and nobody waits for anybody to write one.
CREATE TABLE roomserver.cold_blocks_to_mend (
  note bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  block bigint NOT NULL
);

-- A trigger, so that whatever takes a body away, its text is gone from the block too.
CREATE FUNCTION roomserver.note_cold_block() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roomserver.cold_blocks_to_mend (block) VALUES (OLD.block);
  RETURN NULL;
END $$;
CREATE TRIGGER cold_body_gone AFTER DELETE ON roomserver.event_bodies
  FOR EACH ROW WHEN (OLD.block IS NOT NULL) EXECUTE FUNCTION roomserver.note_cold_block();
CREATE TRIGGER cold_body_replaced AFTER UPDATE ON roomserver.event_bodies
  FOR EACH ROW WHEN (OLD.block IS NOT NULL AND NEW.block IS DISTINCT FROM OLD.block) EXECUTE FUNCTION roomserver.note_cold_block();

-- One row: which process compresses until when, and the last event that it has looked at.
CREATE TABLE roomserver.cold_progress (
  event bigint NOT NULL,
  claimed_by uuid,
  claimed_until timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);
INSERT INTO roomserver.cold_progress (event) VALUES (0);

-- What everybody reads instead of event_bodies: where a body is cold, `folded_json` names its block, and storage/cold-reader.ts puts the
-- body in its place. `bytes` is exact for warm bodies; no cold one is longer.
CREATE VIEW roomserver.bodies AS
  SELECT event, coalesce(folded_json, '=' || block || ':' || event) AS folded_json, redacted_by, replaces, device_id, transaction_id,
    traceparent, coalesce(octet_length(folded_json), 8192) AS bytes
  FROM roomserver.event_bodies;
