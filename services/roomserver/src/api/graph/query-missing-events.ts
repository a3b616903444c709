import type { QueryMissingEventsRequest, QueryMissingEventsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { requireServerInRooms } from '../servers/require-server-in-rooms.ts';
import { redactedForServer } from '../servers/visible-to-server.ts';
import { walkBack } from './walk-back.ts';

/**
 * The events before the latest of the request, breadth first, without the latest and neither the earliest nor what is before those.
 * Server-Server API, "POST /get_missing_events/{roomId}".
 */
export async function queryMissingEvents(
  context: RoomserverContext,
  { roomId, earliestEventIds, latestEventIds, limit, minDepth, visibleTo }: QueryMissingEventsRequest,
): Promise<QueryMissingEventsResponse> {
  await requireServerInRooms(context, visibleTo, [roomId]);
  if (!isStorable(roomId) || limit < 1) return { events: [] };
  const latest = new Set(latestEventIds);
  const earliest = new Set(earliestEventIds);
  const walked = await walkBack(context.database, {
    roomId,
    from: latestEventIds,
    limit,
    stepAt: ({ read, depth }) => {
      if (earliest.has(read.eventId) || depth < minDepth) return 'stop';
      return latest.has(read.eventId) ? 'pass' : 'take';
    },
  });
  return { events: await redactedForServer(context, visibleTo, walked) };
}
