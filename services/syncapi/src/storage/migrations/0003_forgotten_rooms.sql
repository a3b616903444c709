-- Rooms that local users left and have forgotten; whose membership changed after this position are back.
CREATE TABLE syncapi.forgotten_room (
  user_id text NOT NULL,
  room_nid integer NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (user_id, room_nid)
);
CREATE INDEX forgotten_room_room ON syncapi.forgotten_room (room_nid);

-- By which a deleted room's rows are found.
CREATE INDEX membership_change_room ON syncapi.membership_change (room_nid);
CREATE INDEX account_data_change_room ON syncapi.account_data_change (room_id) WHERE room_id <> '';
CREATE INDEX receipt_log_room ON syncapi.receipt_log (room_id);
