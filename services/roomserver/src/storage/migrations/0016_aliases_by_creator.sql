-- A user may have made so many aliases and no more.
CREATE INDEX aliases_creator ON roomserver.aliases (creator);
