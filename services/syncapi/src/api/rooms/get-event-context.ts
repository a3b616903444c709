import { authenticated, type Handler, optionalQueryInteger, rawJson } from '@plexus/http';
import { withSpan } from '@plexus/observability';
import type { EventFilter } from '../../domain/filter.ts';
import { formatPlace } from '../../domain/pagination-token.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import { placeBefore, placeBehind } from '../../domain/timeline-place.ts';
import type { OpenRoom, ReadContext } from '../../read/open-room.ts';
import { presenterFor } from '../../read/presenter.ts';
import { readEvent } from '../../read/read-event.ts';
import { readPage } from '../../read/read-page.ts';
import type { VisibleEvent } from '../../read/visible-events.ts';
import { spanNames } from '../../telemetry.ts';
import { readFilter } from './page-parameters.ts';

const defaultLimit = 10;
const maxLimit = 100;

/**
 * GET /rooms/{roomId}/context/{eventId}. Client-server API, "Event Context". M_NOT_FOUND as of GET
 * …/event/{eventId}.
 */
export function getEventContext(context: ReadContext): Handler {
  return authenticated((request) =>
    withSpan(spanNames.page, {}, async () => {
      const { query } = request;
      const limit = optionalQueryInteger(query, 'limit', { atMost: maxLimit }) ?? defaultLimit;
      const filter = readFilter(query);
      const { room, found } = await readEvent(context, request);
      const { standing } = found;
      const page = { to: undefined, filter };
      const [before, after] = await Promise.all([
        readPage(context, room, {
          ...page,
          direction: 'b',
          from: placeBefore(standing),
          limit: Math.ceil(limit / 2),
        }),
        readPage(context, room, {
          ...page,
          direction: 'f',
          from: placeBehind(standing),
          limit: Math.floor(limit / 2),
        }),
      ]);
      const state = await stateAfter(context, room, [...before.events.toReversed(), found, ...after.events], filter);
      const { text, stateText } = presenterFor(context, room);
      const { generation } = context;
      return rawJson(
        `{"start":"${formatPlace(generation, before.end)}","end":"${formatPlace(generation, after.end)}",` +
          `"event":${text(found)},"events_before":[${before.events.map(text).join(',')}],` +
          `"events_after":[${after.events.map(text).join(',')}],"state":[${state.map(stateText).join(',')}]}`,
      );
    }),
  );
}

/** State after the last of these events; of members only the senders when the client loads them lazily. */
async function stateAfter(
  { events }: ReadContext,
  { roomId }: OpenRoom,
  shown: readonly VisibleEvent[],
  filter: EventFilter,
): Promise<TimelineEvent[]> {
  const last = shown.at(-1)?.event;
  if (last === undefined) return [];
  const [state] = await events.state([
    {
      roomId,
      at: { $case: 'afterEventId', value: last.eventId },
      keys: [],
      types: [],
      omitMembers: filter.lazyLoadMembers,
      members: filter.lazyLoadMembers ? [...new Set(shown.map(({ event }) => event.sender))] : [],
    },
  ]);
  return (state?.events ?? [])
    .map((stored) => TimelineEvent.fromStored(stored))
    .filter((event) => filter.matches(event));
}
