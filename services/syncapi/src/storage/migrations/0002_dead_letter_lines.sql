-- When an entry cannot be applied, what comes after it in its room waits with it until an operator releases the room.
ALTER TABLE syncapi.dead_letter
  ADD COLUMN line text,
  ADD COLUMN retry boolean NOT NULL DEFAULT false;
CREATE INDEX dead_letter_line ON syncapi.dead_letter (log, line);
