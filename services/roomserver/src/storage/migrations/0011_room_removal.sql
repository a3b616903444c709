-- Log entries that are no events and name none: they stay when the room's rows go.
CREATE TABLE roomserver.log_notices (
  position bigint PRIMARY KEY,
  -- 1: the room was deleted; 2: its history up to `up_to` was purged; 3: `user_id` has forgotten it
  kind smallint NOT NULL,
  room_id text NOT NULL,
  user_id text,
  up_to bigint,
  -- Of 2: messages of this server's users are still there.
  keeps_local boolean NOT NULL DEFAULT false
);
CREATE INDEX log_notices_room ON roomserver.log_notices (room_id);

-- A deleted room's entries are found by this; a redaction pays 20 bytes for it.
CREATE INDEX log_entries_room ON roomserver.log_entries (room);

-- Whoever comes back into the room has another member event, and has not forgotten it any more.
CREATE TABLE roomserver.forgotten_rooms (
  user_number integer NOT NULL,
  room integer NOT NULL,
  -- Member event when the user forgot the room.
  event bigint NOT NULL,
  PRIMARY KEY (user_number, room)
);
CREATE INDEX forgotten_rooms_room ON roomserver.forgotten_rooms (room);

-- Rooms that nobody of this server may come into, known here or not.
CREATE TABLE roomserver.blocked_rooms (
  room_id text PRIMARY KEY,
  blocked_by text NOT NULL,
  -- Milliseconds.
  blocked_ts bigint NOT NULL
);

-- What administrators asked for, how far it is, and what came of it.
CREATE TABLE roomserver.room_removals (
  removal_id text PRIMARY KEY,
  -- 1: deletion of the room; 2: purge of its history
  kind smallint NOT NULL,
  room_id text NOT NULL,
  room integer NOT NULL,
  requested_by text NOT NULL,
  requested_ts bigint NOT NULL,
  finished_ts bigint,
  -- 1: members are made to leave; 2: rows are removed; 3: complete; 4: failed
  stage smallint NOT NULL,
  error text,
  claimed_by uuid,
  claimed_until timestamptz NOT NULL DEFAULT '-infinity',
  -- Of a deletion
  purge boolean NOT NULL,
  force boolean NOT NULL,
  new_room_user_id text,
  new_room_name text,
  new_room_message text,
  new_room_id text,
  -- Users who are being made to leave, and the contents of their member events: written down before anything is sent.
  leaving_users text[] NOT NULL DEFAULT '{}',
  leaving_contents text[] NOT NULL DEFAULT '{}',
  removed_users text[] NOT NULL DEFAULT '{}',
  failed_users text[] NOT NULL DEFAULT '{}',
  moved_aliases text[] NOT NULL DEFAULT '{}',
  -- Of a purge of history: events at or before this position, those of this server's users only when asked for.
  up_to bigint,
  local_events boolean NOT NULL,
  -- Events are looked through by number: those up to here are done, of as many as there were when it began.
  done_event bigint NOT NULL DEFAULT 0,
  last_event bigint,
  removed_events bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX room_removals_active ON roomserver.room_removals (room_id) WHERE finished_ts IS NULL;
CREATE INDEX room_removals_room ON roomserver.room_removals (room_id, requested_ts);
