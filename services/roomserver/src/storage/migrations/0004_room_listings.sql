-- What the room directory shows and searches, as of the state `snapshot`: made anew when a query finds that the room's head has another one.
-- So a listing costs nothing on the way of an event, and a page of the directory counts no members of rooms that did not change.
CREATE TABLE roomserver.room_listings (
  room integer PRIMARY KEY,
  snapshot bigint NOT NULL,
  joined_members integer NOT NULL,
  -- `type` of the create event; null: an ordinary room.
  room_type text,
  -- Name, topic and aliases in lower case, one a line.
  search text NOT NULL,
  -- JSON object: what the directory says of the room beside its id and members.
  summary text NOT NULL
);
CREATE INDEX room_listings_size ON roomserver.room_listings (joined_members, room);

CREATE INDEX rooms_published ON roomserver.rooms (room) WHERE published;

-- Listed by an application service in the directory of one of its networks. `network`: the id of the service, a bar, the id of the network.
CREATE TABLE roomserver.network_listings (
  network text NOT NULL,
  room integer NOT NULL,
  PRIMARY KEY (network, room)
);
CREATE INDEX network_listings_room ON roomserver.network_listings (room);
