import { authenticated, errors, type Handler, json, roomIdParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/joined_members". M_FORBIDDEN for all who are not joined. */
export function getJoinedMembersByRoom({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { rooms } = await clients.roomserver.queryMembers({ roomIds: [roomIdParam(request)], memberships: ['join'] });
    const members = rooms[0]?.members ?? [];
    if (!members.some(({ userId }) => userId === request.requester.userId))
      throw errors.forbidden('You are not a member of this room');
    const joined = members.map(({ userId, displayName, avatarUrl }) => [
      userId,
      {
        ...(displayName !== undefined && { display_name: displayName }),
        ...(avatarUrl !== undefined && { avatar_url: avatarUrl }),
      },
    ]);
    return json({ joined: Object.fromEntries(joined) });
  });
}
