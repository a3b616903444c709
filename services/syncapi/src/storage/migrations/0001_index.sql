-- What /sync and the read endpoints find events by. Events themselves are roomserver's; here are their positions in the room log.

CREATE TABLE syncapi.generation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Raised by a restore: tokens of an earlier generation are answered as an initial sync.
  generation bigint NOT NULL
);
INSERT INTO syncapi.generation (generation) VALUES (1);

-- How far the index is written, one row a log. Its row lock makes one replica write each entry.
CREATE TABLE syncapi.consumer_position (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, partition)
);
INSERT INTO syncapi.consumer_position (log, partition, position) VALUES ('ROOM_LOG', 0, 0), ('USER_LOG', 0, 0);

CREATE TABLE syncapi.room (
  room_nid integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room_id text NOT NULL UNIQUE,
  joined_members integer NOT NULL DEFAULT 0,
  invited_members integer NOT NULL DEFAULT 0
);

-- One row an event: 44 bytes of heap and about 40 of index. The position alone says which event it is.
CREATE TABLE syncapi.timeline (
  room_nid integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (room_nid, position)
);

-- What the room's current state changed in, for the `state` of limited timelines.
CREATE TABLE syncapi.state_change (
  room_nid integer NOT NULL,
  position bigint NOT NULL,
  type text NOT NULL,
  state_key text NOT NULL,
  -- Null: the event at this position; else another one that a resolution of forks brought back.
  event_id text,
  PRIMARY KEY (room_nid, position, type, state_key)
);

CREATE TABLE syncapi.current_membership (
  room_nid integer NOT NULL,
  user_id text NOT NULL,
  -- 1 join, 2 invite, 3 knock, 4 leave, 5 ban
  membership smallint NOT NULL,
  -- Position of the entry that made it so.
  position bigint NOT NULL,
  is_local boolean NOT NULL,
  -- Of local users who are invited or who knocked: a JSON array.
  stripped_state text,
  PRIMARY KEY (room_nid, user_id)
);
CREATE INDEX current_membership_of_user ON syncapi.current_membership (user_id) WHERE is_local;
CREATE INDEX current_membership_heroes ON syncapi.current_membership (room_nid, position) WHERE membership IN (1, 2);

-- Every membership a local user ever had, for history visibility and for what a sync from an old token must tell.
CREATE TABLE syncapi.membership_change (
  user_id text NOT NULL,
  room_nid integer NOT NULL,
  position bigint NOT NULL,
  membership smallint NOT NULL,
  PRIMARY KEY (user_id, room_nid, position)
);
CREATE INDEX membership_change_by_position ON syncapi.membership_change (user_id, position);

CREATE TABLE syncapi.visibility_change (
  room_nid integer NOT NULL,
  position bigint NOT NULL,
  -- 1 world_readable, 2 shared, 3 invited, 4 joined
  visibility smallint NOT NULL,
  PRIMARY KEY (room_nid, position)
);

-- Which account data changed where in the user log; the content is userapi's. An empty room id is global account data.
CREATE TABLE syncapi.account_data_change (
  user_id text NOT NULL,
  room_id text NOT NULL,
  type text NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (user_id, room_id, type)
);

CREATE TABLE syncapi.filter (
  user_id text NOT NULL,
  filter_id integer NOT NULL,
  -- The canonical text's SHA-256: the same filter gets the same id.
  hash bytea NOT NULL,
  filter text NOT NULL,
  PRIMARY KEY (user_id, filter_id),
  UNIQUE (user_id, hash)
);

-- Receipts in force. An empty thread id is an unthreaded receipt.
CREATE TABLE syncapi.receipt (
  room_id text NOT NULL,
  user_id text NOT NULL,
  receipt_type text NOT NULL,
  thread_id text NOT NULL,
  event_id text NOT NULL,
  -- Of the event in the room log: a receipt only moves forward.
  event_position bigint NOT NULL,
  ts bigint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (room_id, user_id, receipt_type, thread_id)
);
CREATE INDEX receipt_by_position ON syncapi.receipt (room_id, position);

-- The receipt log: what the stream carries the newest part of.
CREATE TABLE syncapi.log_counter (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, partition)
);
INSERT INTO syncapi.log_counter (log, partition, position) VALUES ('RECEIPT_LOG', 0, 0);

CREATE TABLE syncapi.receipt_log (
  position bigint PRIMARY KEY,
  traceparent text NOT NULL,
  room_id text NOT NULL,
  user_id text NOT NULL,
  receipt_type text NOT NULL,
  event_id text NOT NULL,
  thread_id text,
  ts bigint NOT NULL
);

-- Entries whose effects could not be written after five tries, kept for an operator.
CREATE TABLE syncapi.dead_letter (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  -- As the stream encodes it.
  entry bytea NOT NULL,
  error text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log, partition, position)
);
