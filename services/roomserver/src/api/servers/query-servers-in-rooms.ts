import type {
  QueryServersInRoomsRequest,
  QueryServersInRoomsResponse,
  ServerInRoomQuery,
} from '@plexus/contracts/roomserver';
import { ownValue } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import type { StateEntry } from '../../state-store/state-store.ts';
import { selectServersInRooms, selectUsersOfServers } from '../../storage/servers.ts';
import { findNumbers, selectBodies } from '../../storage/state-at.ts';
import { keysOf } from '../../storage/stored-event.ts';
import { knownInRooms } from '../graph/known-in-rooms.ts';

interface PlacedQuery {
  readonly place: number;
  readonly query: ServerInRoomQuery;
}

/** Whether servers have a user joined to rooms, now or in the state before an event; an answer for each query, in order. */
export async function queryServersInRooms(
  context: RoomserverContext,
  { queries }: QueryServersInRoomsRequest,
): Promise<QueryServersInRoomsResponse> {
  const placed = queries
    .map((query, place) => ({ place, query }))
    .filter(({ query }) => isStorable(query.roomId) && isStorable(query.server));
  const [now, then] = await Promise.all([
    joinedNow(
      context,
      placed.filter(({ query }) => query.eventId === undefined),
    ),
    joinedAtEvents(
      context,
      placed.filter(({ query }) => query.eventId !== undefined),
    ),
  ]);
  return { joined: queries.map((_query, place) => now.has(place) || then.has(place)) };
}

async function joinedNow({ database }: RoomserverContext, queries: readonly PlacedQuery[]): Promise<Set<number>> {
  if (queries.length === 0) return new Set();
  const rows = await database.query<{ place: number }>(selectServersInRooms, [
    queries.map(({ place }) => place),
    queries.map(({ query }) => query.roomId),
    queries.map(({ query }) => query.server),
  ]);
  return new Set(rows.map(({ place }) => place));
}

async function joinedAtEvents(context: RoomserverContext, queries: readonly PlacedQuery[]): Promise<Set<number>> {
  if (queries.length === 0) return new Set();
  const { database, stateStore } = context;
  const [{ types }, points, users] = await Promise.all([
    findNumbers(database, ['m.room.member'], []),
    knownInRooms(
      database,
      queries.map(({ place, query }) => ({ place, roomId: query.roomId, eventId: query.eventId ?? '' })),
    ),
    database.query<{ room_id: string; server: string; state_key: number }>(
      selectUsersOfServers,
      distinctPairs(queries),
    ),
  ]);
  const type = types.get('m.room.member');
  const usersOf = Map.groupBy(users, ({ room_id, server }) => `${room_id} ${server}`);
  const byPlace = new Map(queries.map((each) => [each.place, each.query]));
  const entries = await Promise.all(
    [...points.values()].flat().map(async ({ place, snapshot }): Promise<readonly [number, readonly StateEntry[]]> => {
      const query = byPlace.get(place);
      const there = usersOf.get(`${query?.roomId} ${query?.server}`) ?? [];
      const places = type === undefined ? [] : there.map(({ state_key }) => ({ type, stateKey: state_key }));
      return [place, snapshot < 0 ? [] : await stateStore.at(snapshot, places)];
    }),
  );
  const joined = await joinEvents(database, [
    ...new Set(entries.flatMap(([, list]) => list.map(({ event }) => event))),
  ]);
  return new Set(entries.filter(([, list]) => list.some(({ event }) => joined.has(event))).map(([place]) => place));
}

function distinctPairs(queries: readonly PlacedQuery[]): [string[], string[]] {
  const pairs = [...new Map(queries.map(({ query }) => [`${query.roomId} ${query.server}`, query])).values()];
  return [pairs.map(({ roomId }) => roomId), pairs.map(({ server }) => server)];
}

async function joinEvents(database: RoomserverContext['database'], events: readonly number[]): Promise<Set<number>> {
  const rows = await database.query<{ event: number; folded_json: string }>(selectBodies, [events]);
  return new Set(
    rows
      .filter(({ folded_json }) => ownValue(keysOf(unfoldJson(folded_json)).content, 'membership') === 'join')
      .map(({ event }) => event),
  );
}
