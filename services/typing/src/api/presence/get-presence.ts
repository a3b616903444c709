import type { RoomserverService } from '@plexus/contracts/roomserver';
import { authenticated, errors, type Handler, json, userIdParam } from '@plexus/http';
import type { UserId } from '@plexus/matrix';
import type { TypingContext } from '../../context.ts';
import { presenceReply } from '../../domain/presence.ts';

/** Client-server API, "GET /_matrix/client/v3/presence/{userId}/status". M_FORBIDDEN for users with whom one shares no room. */
export function getPresence({ presence, roomserver, clock }: TypingContext): Handler {
  return authenticated(async (request) => {
    const userId = userIdParam(request);
    const { requester } = request;
    if (userId !== requester.userId && !(await shareRoom(roomserver, userId, requester.userId)))
      throw errors.forbidden('You share no room with this user');
    return json(presenceReply(await presence.get(userId), clock.now()));
  });
}

async function shareRoom(
  roomserver: Pick<RoomserverService, 'queryMemberships'>,
  one: UserId,
  other: UserId,
): Promise<boolean> {
  const asked = { userIds: [one, other], memberships: ['join'], roomIds: [] };
  const { memberships } = await roomserver.queryMemberships(asked);
  const rooms = new Set(memberships.filter(({ userId }) => userId === one).map(({ roomId }) => roomId));
  return memberships.some(({ userId, roomId }) => userId === other && rooms.has(roomId));
}
