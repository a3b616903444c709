import { authenticated, errors, type Handler, rawJson } from '@plexus/http';
import { ownValue } from '@plexus/matrix';
import { isMembership, type Membership } from '../../domain/membership.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { openRoom, type ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { membersAt, readableState } from '../../read/room-state.ts';
import { placeOf } from './page-parameters.ts';

/**
 * Client-server API, "GET /_matrix/client/v3/rooms/{roomId}/members". M_FORBIDDEN, M_INVALID_PARAM. With `at`
 * the members as they were there, as far as the requester may see the room.
 */
export function getMembersByRoom(context: ReadContext): Handler {
  return authenticated(async (request) => {
    const { query } = request;
    const wanted = readMembership(query, 'membership');
    const unwanted = readMembership(query, 'not_membership');
    const room = await openRoom(context, request);
    const at = placeOf(context, query, 'at');
    const events =
      at === undefined
        ? await readableState(context, room, { types: ['m.room.member'] })
        : await membersAt(context, room, at.position);
    const chunk = events.filter((event) => {
      const membership = membershipIn(event);
      return (wanted === undefined || membership === wanted) && (unwanted === undefined || membership !== unwanted);
    });
    return rawJson(`{"chunk":[${chunk.map(presenterFor(context, room).stateText).join(',')}]}`);
  });
}

function membershipIn({ content }: TimelineEvent): unknown {
  return ownValue(content, 'membership');
}

function readMembership(query: URLSearchParams, name: string): Membership | undefined {
  const membership = query.get(name) ?? undefined;
  if (membership !== undefined && !isMembership(membership)) throw errors.invalidParam(name, 'is not a membership');
  return membership;
}
