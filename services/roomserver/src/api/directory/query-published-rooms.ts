import type {
  PublishedRoom,
  QueryPublishedRoomsRequest,
  QueryPublishedRoomsResponse,
} from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { matrixErrorOf } from '../../domain/refusal.ts';
import { searchable } from '../../domain/room-listing.ts';
import {
  countPublished,
  type ListingRow,
  selectListingsAfter,
  selectListingsBefore,
} from '../../storage/room-listings.ts';
import { type DirectoryPlace, firstPlace, formatPlace, parsePlace } from './directory-token.ts';
import { refreshListings } from './refresh-listings.ts';

const MAX_ROOMS = 500;

/**
 * A page of the room directory, the largest rooms first, searched and filtered in the database: what is in memory is the page. Client-Server
 * API, "POST /publicRooms".
 */
export async function queryPublishedRooms(
  { database }: RoomserverContext,
  request: QueryPublishedRoomsRequest,
): Promise<QueryPublishedRoomsResponse> {
  const place = request.since === '' ? firstPlace : parsePlace(request.since);
  if (place === undefined)
    return { ...nothing, error: matrixErrorOf({ kind: 'invalid_parameter', parameter: 'since' }) };
  await refreshListings(database);
  const limit = Math.min(Math.max(1, request.limit), MAX_ROOMS);
  const [rows, counted] = await Promise.all([
    database.query<ListingRow>(
      place.direction === 'next' ? selectListingsAfter : selectListingsBefore,
      parameters(request, place, limit + 1),
    ),
    database.query<{ rooms: number }>(countPublished, []),
  ]);
  const hasMore = rows.length > limit;
  const page = rows.slice(0, limit);
  if (place.direction === 'previous') page.reverse();
  return {
    rooms: page.map(publishedRoom),
    ...tokens(page, place, hasMore),
    totalEstimate: counted[0]?.rooms ?? 0,
    error: undefined,
  };
}

const nothing = { rooms: [], nextBatch: undefined, prevBatch: undefined, totalEstimate: 0 };

function parameters(request: QueryPublishedRoomsRequest, place: DirectoryPlace, limit: number) {
  const { networks, searchTerm, roomTypes, untyped, anyType } = request;
  const term = searchable(searchTerm);
  return [
    place.members,
    place.room,
    networks?.$case !== 'network',
    networks?.$case === 'network' ? networks.value : null,
    networks !== undefined,
    term === '' ? null : term,
    anyType ? null : storableOnly(roomTypes),
    untyped,
    limit,
  ];
}

function tokens(page: readonly ListingRow[], place: DirectoryPlace, hasMore: boolean) {
  const first = page.at(0);
  const last = page.at(-1);
  const isFirstPage = place === firstPlace || (place.direction === 'previous' && !hasMore);
  const isLastPage = place.direction === 'next' && !hasMore;
  return {
    nextBatch: last === undefined || isLastPage ? undefined : formatPlace('next', last),
    prevBatch: first === undefined || isFirstPage ? undefined : formatPlace('previous', first),
  };
}

function publishedRoom({ room_id, joined_members, summary }: ListingRow): PublishedRoom {
  return { roomId: room_id, joinedMembers: joined_members, summary };
}
