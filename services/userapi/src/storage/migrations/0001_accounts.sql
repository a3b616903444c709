CREATE TABLE userapi.accounts (
  nid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  localpart text COLLATE "C" NOT NULL,
  -- argon2id in its encoded form; NULL: nobody signs in by password.
  password_hash text,
  admin boolean NOT NULL DEFAULT false,
  -- The application service that made the account.
  appservice_id text,
  created_ts bigint NOT NULL,
  deactivated_ts bigint,
  -- Size of all account data of the user; 5,000 rooms with tags and read markers take about 1 MB.
  account_data_bytes bigint NOT NULL DEFAULT 0 CONSTRAINT accounts_account_data_quota CHECK (account_data_bytes <= 16777216),
  CONSTRAINT accounts_localpart UNIQUE (localpart)
);

CREATE TABLE userapi.devices (
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  device_id text COLLATE "C" NOT NULL,
  display_name text,
  created_ts bigint NOT NULL,
  last_seen_ip text,
  last_seen_ts bigint,
  PRIMARY KEY (account_nid, device_id)
);

-- One session a device: signing in again with a device id ends the session before. nid is new with every session.
CREATE TABLE userapi.sessions (
  nid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- SHA-256 of the access token.
  token_hash bytea NOT NULL,
  account_nid bigint NOT NULL,
  device_id text COLLATE "C" NOT NULL,
  created_ts bigint NOT NULL,
  CONSTRAINT sessions_token_hash UNIQUE (token_hash),
  CONSTRAINT sessions_device UNIQUE (account_nid, device_id),
  FOREIGN KEY (account_nid, device_id) REFERENCES userapi.devices ON DELETE CASCADE
);

CREATE TABLE userapi.profile_fields (
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  field text COLLATE "C" NOT NULL,
  -- JSON value.
  value text NOT NULL,
  PRIMARY KEY (account_nid, field)
);

CREATE TABLE userapi.account_data (
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  -- '': global.
  room_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  -- JSON object.
  content text NOT NULL,
  -- Size now and before the last write: an upsert can return no other way how much it changed.
  bytes integer NOT NULL,
  previous_bytes integer NOT NULL DEFAULT 0,
  PRIMARY KEY (account_nid, room_id, type)
);

CREATE TABLE userapi.registration_tokens (
  token text COLLATE "C" PRIMARY KEY,
  -- NULL: any number.
  uses_allowed integer,
  uses integer NOT NULL DEFAULT 0,
  -- Milliseconds since the epoch; NULL: never.
  expiry_ts bigint,
  created_ts bigint NOT NULL
);

-- What happened to accounts, devices and their data, in commit order: the truth behind the stream USER_LOG.
CREATE TABLE userapi.user_log (
  position bigint PRIMARY KEY,
  traceparent text NOT NULL,
  localpart text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('account_data', 'profile', 'device', 'account_created', 'account_deactivated')),
  -- Of account data; NULL: global.
  room_id text,
  -- Account data type, profile field or device id.
  key text,
  -- JSON; NULL for a profile field: removed.
  value text,
  -- Of a device: deleted. Of a deactivated account: erased.
  gone boolean NOT NULL DEFAULT false
);

CREATE TABLE userapi.log_counter (
  log text NOT NULL,
  partition integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, partition)
);
INSERT INTO userapi.log_counter (log, partition, position) VALUES ('USER_LOG', 0, 0);
