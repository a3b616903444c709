-- breaking: older versions know room state in its first format alone
--
-- The state store: content-addressed trees (docs/decisions/state-tree.md). A snapshot is the address of a root; 0 is the empty state. The
-- tables of the first format, state_blocks and state_snapshots, are emptied in the background (state-store/first-format/).
CREATE TABLE roomserver.state_nodes (
  -- From the hash of the content (state-store/node-address.ts).
  address bigint NOT NULL,
  -- That of log_counter when the node was last brought by a commit: what is newer than a collection's mark is not collected.
  generation smallint NOT NULL,
  -- state-store/node-codec.ts. A commit whose node meets another content at its address tries to empty it, and fails.
  content bytea NOT NULL CONSTRAINT state_nodes_one_content CHECK (octet_length(content) > 0),
  PRIMARY KEY (address)
);

-- Every commit updates this row, so a commit knows the generation as it is at that moment.
ALTER TABLE roomserver.log_counter ADD COLUMN state_generation smallint NOT NULL DEFAULT 0;

-- Numbers of the first format.
DROP SEQUENCE roomserver.state_numbers;
