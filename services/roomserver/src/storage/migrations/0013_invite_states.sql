-- What the inviting server showed of a room that this server is not in, for those whom it invited.
CREATE TABLE roomserver.invite_states (
  event bigint PRIMARY KEY,
  -- Stripped state events, a JSON array.
  stripped_state text NOT NULL
);
