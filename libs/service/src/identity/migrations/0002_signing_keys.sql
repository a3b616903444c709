-- The keys that this server has signed with, by their public halves: one that is neither in use nor published as an old one would leave
-- other servers unable to verify what it has signed.
CREATE TABLE plexus.signing_keys (
  key_id text PRIMARY KEY,
  public_key text NOT NULL,
  first_used_at bigint NOT NULL
);
