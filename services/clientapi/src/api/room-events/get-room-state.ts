import { authenticated, type Handler, json, roomIdParam } from '@plexus/http';
import { readableState } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { presentEvent } from '../../domain/present-event.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/state". M_FORBIDDEN. */
export function getRoomState({ clients, clock }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const events = await readableState(clients.roomserver, roomIdParam(request), request.requester.userId, {});
    const now = clock.now();
    return json(events.map((event) => presentEvent(event, now)));
  });
}
