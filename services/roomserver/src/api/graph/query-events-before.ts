import type { QueryEventsBeforeRequest, QueryEventsBeforeResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { requireServerInRooms } from '../servers/require-server-in-rooms.ts';
import { redactedForServer } from '../servers/visible-to-server.ts';
import { walkBack } from './walk-back.ts';

/** Events and what was before them, breadth first. Server-Server API, "GET /backfill/{roomId}". */
export async function queryEventsBefore(
  context: RoomserverContext,
  { roomId, eventIds, limit, visibleTo }: QueryEventsBeforeRequest,
): Promise<QueryEventsBeforeResponse> {
  await requireServerInRooms(context, visibleTo, [roomId]);
  if (!isStorable(roomId) || limit < 1) return { events: [] };
  const walked = await walkBack(context.database, { roomId, from: eventIds, limit, stepAt: () => 'take' });
  return { events: await redactedForServer(context, visibleTo, walked) };
}
