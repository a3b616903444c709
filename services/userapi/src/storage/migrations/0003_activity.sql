-- Who used the server on which day of UTC, with what kind of client.
CREATE TABLE userapi.daily_activity (
  day date NOT NULL,
  account_nid bigint NOT NULL REFERENCES userapi.accounts ON DELETE CASCADE,
  client text NOT NULL,
  last_seen_ts bigint NOT NULL,
  PRIMARY KEY (day, account_nid, client)
);

-- Requests by operation, as the processes that answered them reported.
CREATE TABLE userapi.daily_requests (
  day date NOT NULL,
  operation text NOT NULL,
  requests bigint NOT NULL,
  failures bigint NOT NULL,
  seconds double precision NOT NULL,
  PRIMARY KEY (day, operation)
);

-- What processes took that report.
CREATE TABLE userapi.daily_resources (
  day date NOT NULL,
  service text NOT NULL,
  cpu_seconds double precision NOT NULL,
  resident_bytes bigint NOT NULL,
  PRIMARY KEY (day, service)
);

-- The newest report of each process: one that is repeated does not count twice.
CREATE TABLE userapi.activity_reporters (
  reporter text PRIMARY KEY,
  sequence bigint NOT NULL,
  reported_ts bigint NOT NULL
);

CREATE INDEX accounts_created_ts ON userapi.accounts (created_ts);
