-- The event before, by number, where there is one alone: a walk over a line of events is one statement, whatever its length. 8 bytes an event.
ALTER TABLE roomserver.event_bodies ADD COLUMN previous bigint;
