import type { RoomStateQuery, StoredEvent } from '@plexus/contracts/roomserver';
import { isEventId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import type { StateEntry, StatePlace, StateStore } from '../../state-store/state-store.ts';
import { findNumbers, type KnownNumbers, placesOf } from '../../storage/state-at.ts';
import { type StatePointRow, selectStatePoints } from '../../storage/state-queries.ts';
import { storedEventOf } from '../../storage/stored-event.ts';
import { type StoredEventRow, selectEventsByNumber } from '../../storage/stored-events.ts';
import type { PlacedQuery } from './placed-query.ts';

const MEMBER = 'm.room.member';

/** State at events and positions; the number of round trips does not grow with the number of queries. */
export async function stateAt(
  { database, stateStore }: RoomserverContext,
  queries: readonly PlacedQuery[],
): Promise<ReadonlyMap<number, StoredEvent[]>> {
  if (queries.length === 0) return new Map();
  const [points, numbers] = await Promise.all([
    database.query<StatePointRow>(selectStatePoints, pointParameters(queries)),
    findNumbers(database, namesOf(queries).types, namesOf(queries).stateKeys),
  ]);
  const byPlace = new Map(points.map((point) => [point.place, point]));
  const wanted = await Promise.all(
    queries.map(async ({ place, query }) => {
      const point = byPlace.get(place);
      return { place, entries: point === undefined ? [] : await entriesOf(point, query, numbers, stateStore) };
    }),
  );
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

/** What the query asks for of the state at a point; the whole state is read only where its size is not known beforehand. */
async function entriesOf(
  point: StatePointRow,
  query: RoomStateQuery,
  numbers: KnownNumbers,
  stateStore: StateStore,
): Promise<readonly StateEntry[]> {
  const { snapshot } = point;
  if (query.keys.length > 0) {
    const places = placesOf(
      query.keys.map(({ type, stateKey }) => [type, stateKey] as const),
      numbers,
    );
    return withEvent(point, await stateStore.at(snapshot, places), ({ type, stateKey }) =>
      places.some((place) => place.type === type && place.stateKey === stateKey),
    );
  }
  const isWanted = filterOf(query, numbers);
  const whole = (await stateStore.read([snapshot])).get(snapshot) ?? [];
  return withEvent(point, whole.filter(isWanted), isWanted);
}

/** With the event of the point itself in its place, when the state after it is asked for. */
function withEvent(
  point: StatePointRow,
  before: readonly StateEntry[],
  isWanted: (place: StatePlace) => boolean,
): readonly StateEntry[] {
  const place = { type: point.type, stateKey: point.state_key };
  if (!point.includes_event || !isWanted(place)) return before;
  const others = before.filter(({ type, stateKey }) => type !== place.type || stateKey !== place.stateKey);
  return [...others, { ...place, event: point.event }];
}

function filterOf(query: RoomStateQuery, numbers: KnownNumbers): (place: StatePlace) => boolean {
  const member = numbers.types.get(MEMBER);
  const types = query.types.length === 0 ? undefined : new Set(query.types.map((type) => numbers.types.get(type)));
  const members = new Set(query.members.map((user) => numbers.stateKeys.get(user)));
  return ({ type, stateKey }) =>
    (types === undefined || types.has(type)) && (!query.omitMembers || type !== member || members.has(stateKey));
}
