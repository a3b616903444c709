-- With the event before, for walks.
CREATE OR REPLACE VIEW roomserver.bodies AS
  SELECT event, coalesce(folded_json, '=' || block || ':' || event) AS folded_json, redacted_by, replaces, device_id, transaction_id,
    traceparent, coalesce(octet_length(folded_json), 8192) AS bytes, previous
  FROM roomserver.event_bodies;

-- The users of a server, to find out whether it is in a room without a look at all members. About 40 bytes a user.
CREATE INDEX users_server ON roomserver.users (substr(user_id, strpos(user_id, ':') + 1));
