import type { RoomStateQuery, StoredEvent } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { selectStateNow } from '../../storage/state-queries.ts';
import { storedEventOf } from '../../storage/stored-event.ts';
import type { StoredEventRow } from '../../storage/stored-events.ts';
import type { PlacedQuery } from './placed-query.ts';

/** Current state of many rooms in one round trip; members are read only where they are asked for. */
export async function stateNow(
  { database }: RoomserverContext,
  queries: readonly PlacedQuery[],
): Promise<ReadonlyMap<number, StoredEvent[]>> {
  if (queries.length === 0) return new Map();
  const keys = queries.flatMap(({ place, query }) => keysOfQuery(query).map((key) => ({ place, query, key })));
  const whole = queries.filter(({ query }) => query.keys.length === 0);
  const members = whole.filter(({ query }) => !query.omitMembers && wantsMembers(query));
  const rows = await database.query<StoredEventRow & { place: number }>(selectStateNow, [
    keys.map(({ place }) => place),
    keys.map(({ query }) => query.roomId),
    keys.map(({ key }) => key.type),
    keys.map(({ key }) => key.stateKey),
    whole.map(({ place }) => place),
    whole.map(({ query }) => query.roomId),
    whole.map(({ query }) => (query.types.length === 0 ? null : arrayText(query.types))),
    members.map(({ place }) => place),
    members.map(({ query }) => query.roomId),
  ]);
  const byPlace = Map.groupBy(rows, ({ place }) => place);
  return new Map(queries.map(({ place }) => [place, (byPlace.get(place) ?? []).map((row) => storedEventOf(row))]));
}

function keysOfQuery(query: RoomStateQuery): { type: string; stateKey: string }[] {
  if (query.keys.length > 0) return query.keys.filter(({ type, stateKey }) => isStorable(type) && isStorable(stateKey));
  if (!query.omitMembers || !wantsMembers(query)) return [];
  return query.members.filter(isStorable).map((stateKey) => ({ type: 'm.room.member', stateKey }));
}

function wantsMembers({ types }: RoomStateQuery): boolean {
  return types.length === 0 || types.includes('m.room.member');
}

/** PostgreSQL's text of an array: the parameter is an array of arrays of different lengths. */
function arrayText(types: readonly string[]): string {
  const quoted = types.filter(isStorable).map((type) => `"${type.replace(/["\\]/g, '\\$&')}"`);
  return `{${quoted.join(',')}}`;
}
