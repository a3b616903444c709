import { type AuthenticatedRequest, errors, eventIdParam, roomIdParam } from '@plexus/http';
import type { Standing } from '../domain/timeline-place.ts';
import { findInHistory } from '../storage/room-pages.ts';
import { findOpenRoom, type OpenRoom, type ReadContext, roomReadLogs } from './open-room.ts';
import { type VisibleEvent, visibleOf } from './visible-events.ts';

/**
 * The event of the path and its room, if the requester may see it.
 * @throws MatrixHttpError M_NOT_FOUND also for events that the requester may not see
 */
export async function readEvent(
  context: ReadContext,
  request: AuthenticatedRequest,
): Promise<{ room: OpenRoom; found: VisibleEvent }> {
  const roomId = roomIdParam(request);
  const eventId = eventIdParam(request);
  await context.barrier.pass(roomReadLogs);
  const event = (await context.events.byId([eventId])).get(eventId);
  if (event === undefined || event.roomId !== roomId) throw unknownEvent();
  // Committed after the barrier: what the index says of the room must be at least as new.
  await context.barrier.reach('room', event.position);
  const room = await findOpenRoom(context, roomId, request.requester);
  if (room === undefined) throw unknownEvent();
  const { position } = event;
  const standing: Standing | undefined =
    position === 0 ? await findInHistory(context.database, room.roomNid, eventId) : { kind: 'timeline', position };
  const visible = standing === undefined ? undefined : await visibleOf(context, room, [{ standing, event }]);
  const found = standing === undefined ? undefined : visible?.get(standing);
  if (found === undefined) throw unknownEvent();
  return { room, found };
}

function unknownEvent() {
  return errors.notFound('There is no such event, or you may not see it');
}
