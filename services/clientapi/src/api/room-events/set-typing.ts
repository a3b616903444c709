import {
  authenticated,
  booleanField,
  emptyObject,
  errors,
  type Handler,
  optionalInteger,
  roomIdParam,
} from '@plexus/http';
import { membershipIn } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { ownUserIdParam } from '../requester.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 120_000;

/** Client-server API, "PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}". M_FORBIDDEN for all who are not joined. */
export function setTyping({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const roomId = roomIdParam(request);
    const isTyping = booleanField(request.body, 'typing');
    const timeoutMs = optionalInteger(request.body, 'timeout', { min: 0 }) ?? DEFAULT_TIMEOUT_MS;
    if ((await membershipIn(clients.roomserver, roomId, userId)) !== 'join')
      throw errors.forbidden('You are not a member of this room');
    await clients.typing.setTyping({ roomId, userId, timeoutMs: isTyping ? Math.min(timeoutMs, MAX_TIMEOUT_MS) : 0 });
    return emptyObject();
  });
}
