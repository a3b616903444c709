-- Tables live in the schema named `roomserver`. Numbers stand for rooms, types, state keys, users and events wherever rows refer to
-- each other: a message of 670 bytes of JSON is to cost no more than 1,050 bytes over all tables and indexes. There are no foreign keys:
-- all rows of an event are written by one statement (storage/commit.ts).

CREATE TABLE roomserver.event_types (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL UNIQUE
);

CREATE TABLE roomserver.state_keys (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state_key text NOT NULL UNIQUE
);

CREATE TABLE roomserver.users (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id text NOT NULL UNIQUE
);

-- Frequent names first, so that their numbers take one byte in state blocks.
INSERT INTO roomserver.event_types (type) VALUES
  ('m.room.create'), ('m.room.member'), ('m.room.power_levels'), ('m.room.join_rules'), ('m.room.history_visibility'),
  ('m.room.guest_access'), ('m.room.name'), ('m.room.topic'), ('m.room.avatar'), ('m.room.canonical_alias'), ('m.room.encryption'),
  ('m.room.third_party_invite'), ('m.room.tombstone'), ('m.room.server_acl'), ('m.room.pinned_events'), ('m.space.child'),
  ('m.space.parent'), ('m.room.message'), ('m.room.encrypted'), ('m.reaction'), ('m.room.redaction');
INSERT INTO roomserver.state_keys (state_key) VALUES ('');

-- Each process takes numbers in ranges, so that an event has its number before it is committed and what is built on it can refer to it.
CREATE SEQUENCE roomserver.room_numbers AS integer INCREMENT 64;
CREATE SEQUENCE roomserver.state_numbers INCREMENT 512;
CREATE SEQUENCE roomserver.event_numbers INCREMENT 2048;

-- When a range was taken. A range is used for an hour at most, so this is the time index of events: what expires by age is found by
-- number, and no row of an event carries a time.
CREATE TABLE roomserver.event_number_ranges (
  first bigint PRIMARY KEY,
  taken_at timestamptz NOT NULL
);

CREATE TABLE roomserver.rooms (
  room integer PRIMARY KEY,
  room_id text NOT NULL UNIQUE,
  room_version text NOT NULL,
  -- Listed in the room directory.
  published boolean NOT NULL
);

-- What the next event of a room is built on. A commit must find `version` as it left it.
CREATE TABLE roomserver.room_heads (
  room integer PRIMARY KEY,
  version bigint NOT NULL,
  -- Forward extremities, by event number.
  extremities bigint[] NOT NULL,
  -- State after the extremities.
  snapshot bigint NOT NULL,
  depth bigint NOT NULL
) WITH (fillfactor = 50);

-- What is kept of an event as long as the room exists. Of 100 bytes: a column more, or one that may be null, adds 8.
CREATE TABLE roomserver.events (
  event bigint NOT NULL,
  -- Position in the log; null for events outside of the timeline.
  position bigint,
  -- State before the event; 0 is the empty state.
  snapshot bigint NOT NULL,
  room integer NOT NULL,
  type integer NOT NULL,
  -- 0: not a state event.
  state_key integer NOT NULL,
  sender integer NOT NULL,
  -- The 32 bytes of the event id's hash, or of the SHA-256 of an event id of room versions 1 and 2. The first half alone is indexed:
  -- 40 bytes an event instead of 74 as bytea.
  id_head uuid NOT NULL,
  id_tail uuid NOT NULL,
  PRIMARY KEY (event) WITH (fillfactor = 100)
);
CREATE UNIQUE INDEX events_position ON roomserver.events (position) WITH (fillfactor = 100);
CREATE UNIQUE INDEX events_id ON roomserver.events (id_head);
-- The state of a room at a position is that after its last state event; messages are not in this index.
CREATE INDEX events_state ON roomserver.events (room, position) WHERE state_key <> 0;

-- What retention may drop and what is compressed when it is cold.
CREATE TABLE roomserver.event_bodies (
  event bigint NOT NULL,
  -- The PDU as canonical JSON with its frequent phrases folded (domain/folded-json.ts), redacted when a redaction is in force; null when
  -- `compressed` holds it.
  folded_json text,
  compressed bytea,
  -- The redaction in force.
  redacted_by bigint,
  -- The state event that this one replaced.
  replaces bigint,
  -- For the echo of a local client's message.
  device_id text,
  transaction_id text,
  traceparent text,
  PRIMARY KEY (event) WITH (fillfactor = 100)
);

-- What a redacted event was, for the configured time.
CREATE TABLE roomserver.redacted_originals (
  event bigint PRIMARY KEY,
  folded_json text NOT NULL
);

-- Idempotency: the first 16 bytes of the SHA-256 of room, sender, device and transaction id. Expires with the event's number range.
CREATE TABLE roomserver.transactions (
  key uuid PRIMARY KEY,
  event bigint NOT NULL
);

-- First format of the state store: ordered blocks of (type, state key) -> event, and snapshots as lists of blocks of which later ones win.
-- Both stored once under the hash of their content.
CREATE TABLE roomserver.state_blocks (
  block bigint PRIMARY KEY,
  hash uuid NOT NULL UNIQUE,
  entries bytea NOT NULL
);
CREATE TABLE roomserver.state_snapshots (
  snapshot bigint PRIMARY KEY,
  hash uuid NOT NULL UNIQUE,
  blocks bigint[] NOT NULL
);

-- Current state by key, in the same commit as the head: a cold room answers for single keys without reading its snapshot. Members are
-- in `memberships`.
CREATE TABLE roomserver.current_state (
  room integer NOT NULL,
  type integer NOT NULL,
  state_key integer NOT NULL,
  event bigint NOT NULL,
  PRIMARY KEY (room, type, state_key)
) WITH (fillfactor = 80);

CREATE TABLE roomserver.memberships (
  room integer NOT NULL,
  user_number integer NOT NULL,
  -- 1 join, 2 invite, 3 leave, 4 ban, 5 knock
  membership smallint NOT NULL,
  event bigint NOT NULL,
  PRIMARY KEY (room, user_number)
) WITH (fillfactor = 80);
CREATE INDEX memberships_user ON roomserver.memberships (user_number);

CREATE TABLE roomserver.aliases (
  alias text PRIMARY KEY,
  room integer NOT NULL,
  creator integer NOT NULL
);
CREATE INDEX aliases_room ON roomserver.aliases (room);

-- Positions are gapless and in commit order: the row lock orders commits.
CREATE TABLE roomserver.log_counter (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, partition)
) WITH (fillfactor = 10);
INSERT INTO roomserver.log_counter (log, partition, position) VALUES ('ROOM_LOG', 0, 0);

-- Log entries that are not events of a timeline; an event is its own entry, by events.position.
CREATE TABLE roomserver.log_entries (
  position bigint PRIMARY KEY,
  -- 1: `event` was redacted by `cause`
  kind smallint NOT NULL,
  room integer NOT NULL,
  event bigint NOT NULL,
  cause bigint NOT NULL,
  traceparent text
);
