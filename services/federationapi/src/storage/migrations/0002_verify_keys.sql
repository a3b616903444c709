-- Replaces server_key, of which a key id was the key: a server that is installed anew publishes another key under an id that it has used
-- before. Both are kept: the old one verifies the events of its time, the new one everything from then on. server_key stays for the
-- version before this one, which may run beside it, and is dropped a release later.
CREATE TABLE federationapi.verify_key (
  server_name text NOT NULL,
  key_id text NOT NULL,
  public_key bytea NOT NULL,
  valid_until_ts bigint NOT NULL,
  expired_ts bigint,
  superseded_at bigint,
  fetched_at bigint NOT NULL,
  PRIMARY KEY (server_name, key_id, public_key)
);

INSERT INTO federationapi.verify_key (server_name, key_id, public_key, valid_until_ts, expired_ts, fetched_at)
SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, fetched_at FROM federationapi.server_key;
