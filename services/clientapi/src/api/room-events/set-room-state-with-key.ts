import { authenticated, errors, type Handler, json, roomIdParam, textParam } from '@plexus/http';
import { sendEvent } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { massagedTimestamp } from '../requester.ts';

/** Client-server API, "PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}". */
export function setRoomStateWithKey({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const type = textParam(request, 'eventType');
    if (type === '') throw errors.invalidParam('eventType', 'is empty');
    const eventId = await sendEvent(clients.roomserver, {
      roomId: roomIdParam(request),
      sender: request.requester.userId,
      type,
      stateKey: textParam(request, 'stateKey'),
      content: request.bodyText,
      ...massagedTimestamp(request),
    });
    return json({ event_id: eventId });
  });
}
