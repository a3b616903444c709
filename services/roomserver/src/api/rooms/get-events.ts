import type { GetEventsRequest, GetEventsResponse } from '@plexus/contracts/roomserver';
import { isEventId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import { readEvent, storedEventOf } from '../../storage/stored-event.ts';
import { type StoredEventRow, selectEvents } from '../../storage/stored-events.ts';
import { visibleToServer } from '../servers/visible-to-server.ts';

/**
 * Events by id or position; unknown ones are left out. Always from the tables: another process may have redacted an event a moment ago,
 * and a cache here would serve what nobody may see any more. A row costs 5 µs in a batch.
 */
export async function getEvents(
  context: RoomserverContext,
  { eventIds, positions, visibleTo }: GetEventsRequest,
): Promise<GetEventsResponse> {
  const asked = new Set(eventIds);
  const keys = [...asked].filter(isEventId).map(eventKeyOf);
  const rows = await context.database.query<StoredEventRow>(selectEvents, [
    keys.map(({ head }) => head),
    keys.map(({ tail }) => tail),
    positions.filter((position) => Number.isSafeInteger(position)),
  ]);
  const byPosition = new Set(positions);
  const events = rows
    .map((row) => ({ row, read: readEvent(row) }))
    // Two alphabets write the same hash: only the one of the room's version names the event.
    .filter(({ row, read }) => asked.has(read.eventId) || (row.position !== null && byPosition.has(row.position)));
  const visible = visibleTo === undefined ? undefined : await visibleToServer(context, visibleTo, events);
  return {
    events: events
      .filter(({ row }) => visible === undefined || visible.has(row.event))
      .map(({ row, read }) => storedEventOf(row, read)),
  };
}
