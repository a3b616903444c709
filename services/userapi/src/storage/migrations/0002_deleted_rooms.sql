-- What users have of a room goes with the room. A log entry about it stays as one that says nothing: positions are gapless.
ALTER TABLE userapi.user_log DROP CONSTRAINT user_log_kind_check;
ALTER TABLE userapi.user_log ADD CONSTRAINT user_log_kind_check
  CHECK (kind IN ('account_data', 'profile', 'device', 'account_created', 'account_deactivated', 'removed'));

CREATE INDEX user_log_room ON userapi.user_log (room_id) WHERE room_id IS NOT NULL;
CREATE INDEX account_data_room ON userapi.account_data (room_id) WHERE room_id <> '';
