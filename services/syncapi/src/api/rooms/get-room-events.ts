import { authenticated, errors, type Handler, optionalQueryInteger, rawJson } from '@plexus/http';
import { withSpan } from '@plexus/observability';
import { formatPlace } from '../../domain/pagination-token.ts';
import { beginning, behindAll } from '../../domain/timeline-place.ts';
import { memberEvents } from '../../read/member-events.ts';
import { openRoom, type ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { readPage } from '../../read/read-page.ts';
import { spanNames } from '../../telemetry.ts';
import { placeOf, readFilter } from './page-parameters.ts';

const defaultLimit = 10;
const maxLimit = 1000;

/** GET /rooms/{roomId}/messages. Client-server API, "Getting events for a room". */
export function getRoomEvents(context: ReadContext): Handler {
  return authenticated((request) =>
    withSpan(spanNames.page, {}, async () => {
      const { query } = request;
      const direction = readDirection(query);
      const filter = readFilter(query);
      const limit = Math.min(
        optionalQueryInteger(query, 'limit') ?? filter.limit ?? defaultLimit,
        filter.limit ?? maxLimit,
        maxLimit,
      );
      const room = await openRoom(context, request);
      const from = placeOf(context, query, 'from');
      const to = placeOf(context, query, 'to');
      const start = from ?? (direction === 'b' ? behindAll(room.upTo) : beginning);
      const page = await readPage(context, room, { direction, from: start, to, limit, filter });
      const members = filter.lazyLoadMembers ? await memberEvents(context, room, page.events, direction) : undefined;
      const { text, stateText } = presenterFor(context, room);
      const fields = [
        `"start":"${formatPlace(context.generation, start)}"`,
        `"chunk":[${page.events.map(text).join(',')}]`,
      ];
      if (!page.isLast) fields.push(`"end":"${formatPlace(context.generation, page.end)}"`);
      if (members !== undefined) fields.push(`"state":[${members.map(stateText).join(',')}]`);
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
