CREATE TABLE appservice.consumer_position (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, partition)
);

CREATE TABLE appservice.dead_letter (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  -- As the stream encodes it.
  entry bytea NOT NULL,
  error text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (log, partition, position)
);

-- One row per registration that was ever loaded. The fingerprint of its namespaces tells when interest must be derived anew;
-- the lease tells which replica sends to it.
CREATE TABLE appservice.bridge (
  id text PRIMARY KEY,
  namespaces_fingerprint bytea NOT NULL,
  last_transaction_id bigint NOT NULL DEFAULT 0,
  -- Last position of the transaction that is being sent; null: none is under way.
  sending_to bigint,
  lease_holder uuid,
  lease_until timestamptz
);

-- Which rooms a bridge follows because somebody of its namespace is in them.
CREATE TABLE appservice.interesting_member (
  bridge_id text NOT NULL,
  room_id text NOT NULL,
  user_id text NOT NULL,
  PRIMARY KEY (bridge_id, room_id, user_id)
);

-- Log positions a bridge has yet to be told of. The events stay with their owner.
CREATE TABLE appservice.pending_event (
  bridge_id text NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (bridge_id, position)
);
