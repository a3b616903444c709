import { authenticated, errors, type Handler, json, roomIdParam } from '@plexus/http';
import { readableState } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { contentOf, membershipOf, presentEvent } from '../../domain/present-event.ts';

const memberships = ['join', 'invite', 'knock', 'leave', 'ban'];

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/members". M_FORBIDDEN. The members of now, which is never older than what `at`
 * names: clients give their newest sync token there, and let what sync told them stand above this answer.
 */
export function getMembersByRoom({ clients, clock }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const wanted = membershipFilter(request.query, 'membership');
    const unwanted = membershipFilter(request.query, 'not_membership');
    const events = await readableState(clients.roomserver, roomIdParam(request), request.requester.userId, {
      types: ['m.room.member'],
    });
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
