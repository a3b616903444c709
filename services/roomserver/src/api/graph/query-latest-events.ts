import type { LatestEvents, QueryLatestEventsRequest, QueryLatestEventsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { type LatestRow, selectLatest } from '../../storage/room-heads.ts';
import { findNumbers, placesOf } from '../../storage/state-at.ts';
import { eventIdOfStored, storedEventOf } from '../../storage/stored-event.ts';
import { type StoredEventRow, selectEventsByNumber } from '../../storage/stored-events.ts';

/**
 * The forward extremities of rooms and the state after them, both of the same moment; an answer for each query, in order. What builds an
 * event for another server asks for it, as in Server-Server API, "GET /make_join/{roomId}/{userId}".
 */
export async function queryLatestEvents(
  { database, stateStore }: RoomserverContext,
  { queries }: QueryLatestEventsRequest,
): Promise<QueryLatestEventsResponse> {
  const keys = queries.flatMap((query) => query.keys);
  const [rows, numbers] = await Promise.all([
    database.query<LatestRow>(selectLatest, [storableOnly(queries.map(({ roomId }) => roomId))]),
    findNumbers(
      database,
      storableOnly(keys.map(({ type }) => type)),
      storableOnly(keys.map(({ stateKey }) => stateKey)),
    ),
  ]);
  const heads = Map.groupBy(rows, ({ room_id }) => room_id);
  const states = await Promise.all(
    queries.map(async (query) => {
      const head = heads.get(query.roomId)?.[0];
      const wanted = query.keys.map(({ type, stateKey }) => [type, stateKey] as const);
      return head === undefined ? [] : stateStore.at(head.snapshot, placesOf(wanted, numbers));
    }),
  );
  const events = [...new Set(states.flatMap((entries) => entries.map(({ event }) => event)))];
  const stored = new Map(
    (await database.query<StoredEventRow>(selectEventsByNumber, [events])).map((row) => [row.event, row]),
  );
  return {
    rooms: queries.map(({ roomId }, place) => ({
      ...latestOf(roomId, heads.get(roomId) ?? []),
      state: (states[place] ?? []).flatMap(({ event }) => stored.get(event) ?? []).map((row) => storedEventOf(row)),
    })),
  };
}

function latestOf(roomId: string, rows: readonly LatestRow[]): Omit<LatestEvents, 'state'> {
  const [first] = rows;
  return {
    roomId,
    exists: first !== undefined,
    roomVersion: first?.room_version ?? '',
    eventIds: rows.map(({ key, room_version, folded_json }) => eventIdOfStored(key, room_version, folded_json)),
    depth: first?.depth ?? 0,
  };
}
