-- Events of other servers. An outlier, known for what others cite, has snapshot -1 and no position; an event of history has its snapshot and
-- no position, and its log entry is a row of log_entries of kind 2.

-- Events that are not plainly in force; one without a row here is.
CREATE TABLE roomserver.event_verdicts (
  event bigint PRIMARY KEY,
  -- 1 rejected by its auth events, 2 rejected by the state before it, 3 soft-failed
  verdict smallint NOT NULL,
  reason text NOT NULL
);

-- Log entries of events that changed the room's current state otherwise than by taking their own place in it: forks that were resolved, and
-- rooms that were joined. Snapshots of the current state before and after.
CREATE TABLE roomserver.state_transitions (
  position bigint PRIMARY KEY,
  room integer NOT NULL,
  before bigint NOT NULL,
  after bigint NOT NULL
);
CREATE INDEX state_transitions_room ON roomserver.state_transitions (room, position);

-- Where what is known of a room ends: prev events that are not there, and the event that refers to them.
CREATE TABLE roomserver.backward_extremities (
  room integer NOT NULL,
  id_head uuid NOT NULL,
  id_tail uuid NOT NULL,
  event bigint NOT NULL,
  PRIMARY KEY (room, id_head, event)
);

-- Redactions that came before what they redact.
CREATE TABLE roomserver.pending_redactions (
  room integer NOT NULL,
  id_head uuid NOT NULL,
  id_tail uuid NOT NULL,
  event bigint NOT NULL,
  PRIMARY KEY (room, id_head, event)
);
