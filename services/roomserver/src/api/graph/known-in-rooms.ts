import { isEventId } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { isStorable } from '../../domain/event-command.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import { type KnownInRoomRow, selectKnownInRooms } from '../../storage/event-ids.ts';

/** An event of a query, by the query's place in the request. */
export interface AskedEvent {
  readonly place: number;
  readonly roomId: string;
  readonly eventId: string;
}

/** Those of the events that are known in their rooms, by the places of their queries. */
export async function knownInRooms(
  queryable: Queryable,
  asked: readonly AskedEvent[],
): Promise<ReadonlyMap<number, readonly KnownInRoomRow[]>> {
  const possible = asked.flatMap(({ place, roomId, eventId }) =>
    isEventId(eventId) && isStorable(roomId) ? [{ place, roomId, key: eventKeyOf(eventId) }] : [],
  );
  if (possible.length === 0) return new Map();
  const rows = await queryable.query<KnownInRoomRow>(selectKnownInRooms, [
    possible.map(({ place }) => place),
    possible.map(({ roomId }) => roomId),
    possible.map(({ key }) => key.head),
    possible.map(({ key }) => key.tail),
  ]);
  return Map.groupBy(rows, ({ place }) => place);
}
