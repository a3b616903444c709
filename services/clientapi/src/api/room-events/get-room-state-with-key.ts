import { authenticated, errors, type Handler, json, roomIdParam, textParam } from '@plexus/http';
import { readableState } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { contentOf, presentEvent } from '../../domain/present-event.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}". M_NOT_FOUND, M_FORBIDDEN. */
export function getRoomStateWithKey({ clients, clock }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const format = request.query.get('format') ?? 'content';
    if (format !== 'content' && format !== 'event') throw errors.invalidParam('format', 'is neither content nor event');
    const key = { type: textParam(request, 'eventType'), stateKey: textParam(request, 'stateKey') };
    const { userId } = request.requester;
    const [event] = await readableState(clients.roomserver, roomId, userId, { keys: [key] });
    if (event === undefined) throw errors.notFound('The room has no such state');
    return json(format === 'event' ? presentEvent(event, clock.now()) : contentOf(event));
  });
}
