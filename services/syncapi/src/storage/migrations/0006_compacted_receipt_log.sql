-- Of each receipt the newest log entry alone is kept; positions without an entry say nothing.
DELETE FROM syncapi.receipt_log AS entry WHERE NOT EXISTS (
  SELECT FROM syncapi.receipt AS known WHERE known.room_id = entry.room_id AND known.position = entry.position
);
