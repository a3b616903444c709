-- What users have uploaded. Bytes are in the blob store under their hash; equal bytes are stored once.
CREATE TABLE mediaapi.media (
  media_id text PRIMARY KEY,
  uploader text NOT NULL,
  -- Milliseconds since the epoch.
  created_ts bigint NOT NULL,
  -- SHA-256 of the bytes; null until they are uploaded.
  hash bytea,
  bytes bigint,
  content_type text,
  file_name text,
  -- An id that was asked for in advance ends then if nothing is uploaded.
  unused_expires_ts bigint
);
-- References to a blob: it is deleted with the last of them.
CREATE INDEX media_hash ON mediaapi.media (hash) WHERE hash IS NOT NULL;
CREATE INDEX media_unused ON mediaapi.media (uploader, unused_expires_ts) WHERE hash IS NULL;
