-- Rooms that were deleted on this server, by local user: clients that were away learn of it. One row for each user who was in the room at any time.
CREATE TABLE syncapi.deleted_room (
  user_id text NOT NULL,
  room_id text NOT NULL,
  -- Of the user's last membership change; of the deletion for those who had not left. Clients that have everything up to here know of it.
  position bigint NOT NULL,
  deleted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, room_id)
);

-- The heroes of a room that everybody else has left.
CREATE INDEX current_membership_former ON syncapi.current_membership (room_nid, position) WHERE membership IN (4, 5);
