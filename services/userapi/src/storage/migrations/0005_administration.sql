-- Erased accounts show no profile any more; those that were deactivated before lost theirs, as if they had been erased.
ALTER TABLE userapi.accounts ADD COLUMN erased boolean NOT NULL DEFAULT false;
UPDATE userapi.accounts SET erased = true WHERE deactivated_ts IS NOT NULL;

-- Where notifications of a user are sent. A pusher goes with its device.
CREATE TABLE userapi.pushers (
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  app_id text COLLATE "C" NOT NULL,
  pushkey text COLLATE "C" NOT NULL,
  -- NULL: an application service made it.
  device_id text COLLATE "C",
  kind text NOT NULL,
  app_display_name text NOT NULL,
  device_display_name text NOT NULL,
  profile_tag text,
  lang text NOT NULL,
  -- JSON object.
  data text NOT NULL,
  created_ts bigint NOT NULL,
  PRIMARY KEY (account_nid, app_id, pushkey),
  FOREIGN KEY (account_nid, device_id) REFERENCES userapi.devices ON DELETE CASCADE
);
CREATE INDEX pushers_key ON userapi.pushers (app_id, pushkey);
CREATE INDEX pushers_device ON userapi.pushers (account_nid, device_id);

-- E-mail addresses and telephone numbers that users have proved to be theirs; each belongs to one account.
CREATE TABLE userapi.threepids (
  medium text NOT NULL,
  address text COLLATE "C" NOT NULL,
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  validated_ts bigint NOT NULL,
  added_ts bigint NOT NULL,
  PRIMARY KEY (medium, address)
);
CREATE INDEX threepids_account ON userapi.threepids (account_nid);

-- Deactivated users who have yet to leave their rooms.
CREATE TABLE userapi.departures (
  account_nid bigint PRIMARY KEY REFERENCES userapi.accounts ON DELETE CASCADE,
  -- When a process may take it up; in the future while one works at it. Milliseconds since the epoch.
  due_ts bigint NOT NULL,
  -- Rooms that refused the leaving.
  refused_rooms text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX departures_due ON userapi.departures (due_ts);
INSERT INTO userapi.departures (account_nid, due_ts) SELECT nid, 0 FROM userapi.accounts WHERE deactivated_ts IS NOT NULL;
