import { authenticated, errors, type Handler, rawJson } from '@plexus/http';
import { withSpan } from '@plexus/observability';
import { formatPlace } from '../../domain/pagination-token.ts';
import { beginning, behindAll } from '../../domain/timeline-place.ts';
import { spanNames } from '../../telemetry.ts';
import { readCount } from '../sync/sync-request.ts';
import { memberEvents } from './member-events.ts';
import { readPage } from './read-page.ts';
import { openRoom, placeOf, presentEvent, type ReadContext, readFilter } from './read-room.ts';

const defaultLimit = 10;
const maxLimit = 1000;

/** GET /rooms/{roomId}/messages. Client-server API, "Getting events for a room". */
export function getRoomEvents(context: ReadContext): Handler {
  return authenticated((request) =>
    withSpan(spanNames.page, {}, async () => {
      const { query, requester } = request;
      const direction = readDirection(query);
      const filter = readFilter(query);
      const limit = Math.min(
        readCount(query, 'limit') ?? filter.limit ?? defaultLimit,
        filter.limit ?? maxLimit,
        maxLimit,
      );
      const room = await openRoom(context, request);
      const from = placeOf(context, query, 'from');
      const to = placeOf(context, query, 'to');
      const start = from ?? (direction === 'b' ? behindAll(room.upTo) : beginning);
      const page = await readPage(context, room, { direction, from: start, to, limit, filter });
      const chunk = page.events.map((event) => presentEvent(event, requester.userId, requester.deviceId));
      const fields = [`"start":"${formatPlace(context.generation, start)}"`, `"chunk":[${chunk.join(',')}]`];
      if (!page.isLast) fields.push(`"end":"${formatPlace(context.generation, page.end)}"`);
      if (filter.lazyLoadMembers)
        fields.push(`"state":[${(await memberEvents(context, room, page.events, direction)).join(',')}]`);
      return rawJson(`{${fields.join(',')}}`);
    }),
  );
}

function readDirection(query: URLSearchParams): 'b' | 'f' {
  const direction = query.get('dir');
  if (direction === null) throw errors.missingParam('dir');
  if (direction !== 'b' && direction !== 'f') throw errors.invalidParam('dir', 'must be b or f');
  return direction;
}
