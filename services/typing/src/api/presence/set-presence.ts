import {
  authenticated,
  emptyObject,
  errors,
  type Handler,
  optionalString,
  stringField,
  userIdParam,
} from '@plexus/http';
import type { TypingContext } from '../../context.ts';
import { isPresence } from '../../domain/presence.ts';

/** In bytes. */
const MAX_STATUS_BYTES = 1024;

/** Client-server API, "PUT /_matrix/client/v3/presence/{userId}/status". Held, and told to whoever asks; nobody is told of it by /sync. */
export function setPresence({ presence: states, clock }: TypingContext): Handler {
  return authenticated(async (request) => {
    const userId = userIdParam(request);
    if (userId !== request.requester.userId) throw errors.forbidden('This belongs to another user');
    const presence = stringField(request.body, 'presence');
    if (!isPresence(presence)) throw errors.invalidParam('presence', 'must be online, unavailable or offline');
    const statusMessage = optionalString(request.body, 'status_msg', { max: MAX_STATUS_BYTES });
    await states.set(userId, { presence, statusMessage, saidAt: clock.now() });
    return emptyObject();
  });
}
