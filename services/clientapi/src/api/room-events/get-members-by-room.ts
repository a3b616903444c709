import { authenticated, errors, type Handler, json, roomIdParam } from '@plexus/http';
import { joinedOrWorldReadable, membersAt, readableState } from '../../clients/roomserver.ts';
import { positionOfToken } from '../../clients/syncapi.ts';
import type { ClientapiContext } from '../../context.ts';
import { contentOf, membershipOf, presentEvent } from '../../domain/present-event.ts';

const memberships = ['join', 'invite', 'knock', 'leave', 'ban'];

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/members". M_FORBIDDEN, M_INVALID_PARAM. With `at` the members as they were there, for
 * who is in the room now; who left has those of their leaving whatever the token.
 */
export function getMembersByRoom({ clients, clock }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const wanted = membershipFilter(request.query, 'membership');
    const unwanted = membershipFilter(request.query, 'not_membership');
    const roomId = roomIdParam(request);
    const { userId } = request.requester;
    const at = await positionOfToken(clients.syncapi, request.query, 'at');
    const isThere = at !== undefined && (await joinedOrWorldReadable(clients.roomserver, roomId, userId));
    const events = isThere
      ? await membersAt(clients.roomserver, roomId, at)
      : await readableState(clients.roomserver, roomId, userId, { types: ['m.room.member'] });
    const now = clock.now();
    const chunk = events.filter((event) => {
      const membership = membershipOf(contentOf(event));
      return (wanted === undefined || membership === wanted) && (unwanted === undefined || membership !== unwanted);
    });
    return json({ chunk: chunk.map((event) => presentEvent(event, now)) });
  });
}

function membershipFilter(query: URLSearchParams, name: string): string | undefined {
  const membership = query.get(name) ?? undefined;
  if (membership !== undefined && !memberships.includes(membership))
    throw errors.invalidParam(name, 'is not a membership');
  return membership;
}
