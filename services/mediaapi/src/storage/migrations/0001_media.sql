CREATE TABLE mediaapi.media (
  media_id text COLLATE "C" PRIMARY KEY,
  uploader text NOT NULL,
  -- SHA-256 of the bytes, which are its address; NULL: created, not uploaded yet.
  content_hash bytea,
  size bigint,
  content_type text,
  file_name text,
  created_ts bigint NOT NULL,
  -- Of media that was created and not uploaded: until when it may be.
  unused_expires_ts bigint,
  -- Uploaded while downloads without an access token were allowed: those links keep working.
  unauthenticated boolean NOT NULL DEFAULT false,
  CHECK (content_hash IS NULL OR (size IS NOT NULL AND content_type IS NOT NULL))
);
CREATE INDEX media_pending ON mediaapi.media (uploader, unused_expires_ts) WHERE content_hash IS NULL;

-- Thumbnails that lie on disk, by the bytes they were made of.
CREATE TABLE mediaapi.thumbnails (
  content_hash bytea NOT NULL,
  -- For example 320x240-scale, 96x96-crop-animated.
  variant text COLLATE "C" NOT NULL,
  content_type text NOT NULL,
  size bigint NOT NULL,
  created_ts bigint NOT NULL,
  PRIMARY KEY (content_hash, variant)
);
