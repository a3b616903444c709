import { authenticated, type Handler, rawJson } from '@plexus/http';
import type { ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { readEvent } from '../../read/read-event.ts';

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}". M_NOT_FOUND, also for what may
 * not be seen.
 */
export function getOneRoomEvent(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const { room, found } = await readEvent(context, request);
    return rawJson(presenterFor(context, room).text(found));
  });
}
