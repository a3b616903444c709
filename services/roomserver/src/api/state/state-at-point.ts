import type { RoomStateQuery, StoredEvent } from '@plexus/contracts/roomserver';
import { isEventId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import { mergeEntries } from '../../state-store/block-codec.ts';
import type { StateEntry } from '../../state-store/state-store.ts';
import { entriesAt, findNumbers, type KnownNumbers } from '../../storage/state-at.ts';
import { type StatePointRow, selectStatePoints } from '../../storage/state-queries.ts';
import { storedEventOf } from '../../storage/stored-event.ts';
import { type StoredEventRow, selectEventsByNumber } from '../../storage/stored-events.ts';
import type { PlacedQuery } from './query-state.ts';

const MEMBER = 'm.room.member';

/** State at events and positions, in three round trips whatever the number of queries. */
export async function stateAt(
  { database, stateStore }: RoomserverContext,
  queries: readonly PlacedQuery[],
): Promise<ReadonlyMap<number, StoredEvent[]>> {
  if (queries.length === 0) return new Map();
  const [points, numbers] = await Promise.all([
    database.query<StatePointRow>(selectStatePoints, pointParameters(queries)),
    findNumbers(database, namesOf(queries).types, namesOf(queries).stateKeys),
  ]);
  const states = await stateStore.read(points.map(({ snapshot }) => snapshot));
  const byPlace = new Map(points.map((point) => [point.place, stateOf(point, states.get(point.snapshot) ?? [])]));
  const wanted = queries.map(({ place, query }) => ({
    place,
    entries: select(byPlace.get(place) ?? [], query, numbers),
  }));
  const events = [...new Set(wanted.flatMap(({ entries }) => entries.map(({ event }) => event)))];
  const rows = await database.query<StoredEventRow>(selectEventsByNumber, [events]);
  const stored = new Map(rows.map((row) => [row.event, storedEventOf(row)]));
  return new Map(wanted.map(({ place, entries }) => [place, entries.flatMap(({ event }) => stored.get(event) ?? [])]));
}

function pointParameters(queries: readonly PlacedQuery[]) {
  const byEvent = queries.flatMap(({ place, query: { at, roomId } }) =>
    (at?.$case === 'beforeEventId' || at?.$case === 'afterEventId') && isEventId(at.value)
      ? [{ place, roomId, key: eventKeyOf(at.value), after: at.$case === 'afterEventId' }]
      : [],
  );
  const byPosition = queries.flatMap(({ place, query: { at, roomId } }) =>
    at?.$case === 'atPosition' ? [{ place, roomId, position: at.value }] : [],
  );
  return [
    byEvent.map(({ place }) => place),
    byEvent.map(({ roomId }) => roomId),
    byEvent.map(({ key }) => key.head),
    byEvent.map(({ key }) => key.tail),
    byEvent.map(({ after }) => after),
    byPosition.map(({ place }) => place),
    byPosition.map(({ roomId }) => roomId),
    byPosition.map(({ position }) => position),
  ];
}

function namesOf(queries: readonly PlacedQuery[]): { types: string[]; stateKeys: string[] } {
  const keys = queries.flatMap(({ query }) => query.keys);
  return {
    types: storableOnly([MEMBER, ...keys.map(({ type }) => type), ...queries.flatMap(({ query }) => query.types)]),
    stateKeys: storableOnly([
      ...keys.map(({ stateKey }) => stateKey),
      ...queries.flatMap(({ query }) => query.members),
    ]),
  };
}

function stateOf(point: StatePointRow, before: readonly StateEntry[]): readonly StateEntry[] {
  if (!point.includes_event) return before;
  return mergeEntries([before, [{ type: point.type, stateKey: point.state_key, event: point.event }]]);
}

function select(state: readonly StateEntry[], query: RoomStateQuery, numbers: KnownNumbers): readonly StateEntry[] {
  if (query.keys.length > 0)
    return entriesAt(
      state,
      query.keys.map(({ type, stateKey }) => [type, stateKey] as const),
      numbers,
    );
  const member = numbers.types.get(MEMBER);
  const types = query.types.length === 0 ? undefined : new Set(query.types.map((type) => numbers.types.get(type)));
  const members = new Set(query.members.map((user) => numbers.stateKeys.get(user)));
  return state.filter(
    ({ type, stateKey }) =>
      (types === undefined || types.has(type)) && (!query.omitMembers || type !== member || members.has(stateKey)),
  );
}
