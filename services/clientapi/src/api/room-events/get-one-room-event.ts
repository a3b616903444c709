import type { RoomState, RoomStateQuery, StoredEvent } from '@plexus/contracts/roomserver';
import { authenticated, errors, eventIdParam, type Handler, json, roomIdParam } from '@plexus/http';
import type { RoomId, UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { mayReadEvent } from '../../domain/may-read-event.ts';
import { presentEvent } from '../../domain/present-event.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}". M_NOT_FOUND, also for what may not be seen. */
export function getOneRoomEvent({ clients, clock }: ClientapiContext): Handler {
  const { roomserver } = clients;
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const eventId = eventIdParam(request);
    const { userId } = request.requester;
    const { events } = await roomserver.getEvents({ eventIds: [eventId], positions: [] });
    const event = events.find((candidate) => candidate.eventId === eventId && candidate.roomId === roomId);
    if (event === undefined) throw errors.notFound('No such event');
    const { rooms } = await roomserver.queryState({ queries: questions(roomId, userId, event) });
    const [before, now] = rooms.map(eventsOf);
    if (before === undefined || now === undefined || !mayReadEvent({ event, userId, before, now }))
      throw errors.notFound('No such event');
    return json(presentEvent(event, clock.now()));
  });
}

/** History visibility and the user's membership, before the event and now. */
function questions(roomId: RoomId, userId: UserId, event: StoredEvent): RoomStateQuery[] {
  const keys = [
    { type: 'm.room.history_visibility', stateKey: '' },
    { type: 'm.room.member', stateKey: userId },
  ];
  const query = { roomId, keys, types: [], omitMembers: false, members: [] };
  return [{ ...query, at: { $case: 'beforeEventId', value: event.eventId } }, query];
}

function eventsOf(room: RoomState): StoredEvent[] {
  return room.events;
}
