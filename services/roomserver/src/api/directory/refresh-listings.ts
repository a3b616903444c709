import type { JsonObject } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { unfoldJson } from '../../domain/folded-json.ts';
import { type ListedType, listedTypes, roomListing, searchText } from '../../domain/room-listing.ts';
import { countJoined, selectListedState, selectOutdatedListings, upsertListings } from '../../storage/room-listings.ts';
import { keysOf } from '../../storage/stored-event.ts';

/** Rooms whose listing is made anew at a time: about 300 KB of state. */
const BATCH = 200;

/** Brings the listings of the directory to the current state of their rooms: a listing is made anew when the state is another one. */
export async function refreshListings(database: Queryable): Promise<void> {
  for (;;) {
    const outdated = await database.query<{ room: number; snapshot: number }>(selectOutdatedListings, [BATCH]);
    if (outdated.length > 0) await refresh(database, outdated);
    if (outdated.length < BATCH) return;
  }
}

async function refresh(
  database: Queryable,
  outdated: readonly { readonly room: number; readonly snapshot: number }[],
): Promise<void> {
  const rooms = outdated.map(({ room }) => room);
  const [state, counts] = await Promise.all([
    database.query<{ room: number; type: string; folded_json: string }>(selectListedState, [rooms, listedTypes]),
    database.query<{ room: number; joined: number }>(countJoined, [rooms]),
  ]);
  const contents = new Map<string, JsonObject>(
    state.map(({ room, type, folded_json }) => [`${room} ${type}`, keysOf(unfoldJson(folded_json)).content]),
  );
  const joined = new Map(counts.map((row) => [row.room, row.joined]));
  const listings = rooms.map((room) => roomListing((type: ListedType) => contents.get(`${room} ${type}`)));
  await database.query(upsertListings, [
    rooms,
    outdated.map(({ snapshot }) => snapshot),
    rooms.map((room) => joined.get(room) ?? 0),
    listings.map(({ room_type }) => (room_type === undefined ? null : room_type.replaceAll('\0', ''))),
    listings.map(searchText),
    listings.map((listing) => JSON.stringify(listing)),
  ]);
}
