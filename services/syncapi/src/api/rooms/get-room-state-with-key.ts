import { authenticated, errors, type Handler, rawJson, textParam } from '@plexus/http';
import { openRoom, type ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { readableState } from '../../read/room-state.ts';

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}". M_NOT_FOUND,
 * M_FORBIDDEN.
 */
export function getRoomStateWithKey(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const format = request.query.get('format') ?? 'content';
    if (format !== 'content' && format !== 'event') throw errors.invalidParam('format', 'is neither content nor event');
    const key = { type: textParam(request, 'eventType'), stateKey: textParam(request, 'stateKey') };
    const room = await openRoom(context, request);
    const [event] = await readableState(context, room, { keys: [key] });
    if (event === undefined) throw errors.notFound('The room has no such state');
    return rawJson(format === 'event' ? presenterFor(context, room).stateText(event) : event.contentText);
  });
}
