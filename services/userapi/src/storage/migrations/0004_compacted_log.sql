-- The log names what changed; values are read where they are stored. Of several entries about one thing the newest alone is kept, and
-- positions without an entry say nothing. The column value is not written any more and goes with a later release.
DELETE FROM userapi.user_log WHERE kind = 'removed' OR position IN (
  SELECT position FROM (
    SELECT position, row_number() OVER (PARTITION BY localpart, kind, room_id, key ORDER BY position DESC) AS age FROM userapi.user_log
  ) AS entries
  WHERE age > 1
);
DELETE FROM userapi.user_log WHERE kind IN ('account_data', 'profile')
  AND localpart IN (SELECT localpart FROM userapi.accounts WHERE deactivated_ts IS NOT NULL);
UPDATE userapi.user_log SET value = NULL WHERE value IS NOT NULL;

CREATE INDEX user_log_subject ON userapi.user_log (localpart, kind, COALESCE(room_id, ''), COALESCE(key, ''));
