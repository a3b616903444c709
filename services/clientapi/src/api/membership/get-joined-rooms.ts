import { authenticated, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/joined_rooms". */
export function getJoinedRooms({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => {
    const { memberships } = await clients.roomserver.queryMemberships({
      userIds: [requester.userId],
      memberships: ['join'],
      roomIds: [],
    });
    return json({ joined_rooms: memberships.map(({ roomId }) => roomId) });
  });
}
