-- Whoever begins an upgrade must have seen the one before: of two at once one is begun, and the other finds it.
ALTER TABLE roomserver.room_upgrades ADD COLUMN attempt integer NOT NULL DEFAULT 1;
