import { authenticated, errors, type Handler, json } from '@plexus/http';
import { openRoom, type ReadContext } from '../../read/open-room.ts';

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/joined_members". M_FORBIDDEN for all who are not
 * joined. What a member has not set is null: clients require it.
 */
export function getJoinedMembersByRoom(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const { roomId, membership } = await openRoom(context, request);
    if (membership !== 'join') throw errors.forbidden('You are not a member of this room');
    const { rooms } = await context.roomserver.queryMembers({ roomIds: [roomId], memberships: ['join'] });
    const joined = (rooms[0]?.members ?? []).map(({ userId, displayName, avatarUrl }) => [
      userId,
      { display_name: displayName ?? null, avatar_url: avatarUrl ?? null },
    ]);
    return json({ joined: Object.fromEntries(joined) });
  });
}
