import { authenticated, type Handler, rawJson } from '@plexus/http';
import { openRoom, type ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { readableState } from '../../read/room-state.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/state". M_FORBIDDEN. */
export function getRoomState(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const room = await openRoom(context, request);
    const events = await readableState(context, room, {});
    return rawJson(`[${events.map(presenterFor(context, room).stateText).join(',')}]`);
  });
}
