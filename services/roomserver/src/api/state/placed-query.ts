import type { RoomStateQuery } from '@plexus/contracts/roomserver';

/** A query with its place in the request. */
export interface PlacedQuery {
  readonly place: number;
  readonly query: RoomStateQuery;
}
