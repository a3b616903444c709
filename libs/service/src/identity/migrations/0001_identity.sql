-- Whose database this is, settled by the first migration: the server name is part of every user id and event in it.
CREATE TABLE plexus.identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  server_name text NOT NULL
);
