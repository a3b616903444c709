-- Verify keys of other servers, as last seen. Expired ones stay: the signatures of old events need them.
CREATE TABLE federationapi.server_key (
  server_name text NOT NULL,
  key_id text NOT NULL,
  public_key bytea NOT NULL,
  valid_until_ts bigint NOT NULL,
  expired_ts bigint,
  fetched_at bigint NOT NULL,
  PRIMARY KEY (server_name, key_id)
);
