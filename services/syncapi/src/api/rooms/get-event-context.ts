import { authenticated, errors, eventIdParam, type Handler, rawJson } from '@plexus/http';
import { withSpan } from '@plexus/observability';
import type { EventFilter } from '../../domain/filter.ts';
import { formatPaginationToken } from '../../domain/pagination-token.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import { isVisible } from '../../domain/visibility.ts';
import { spanNames } from '../../telemetry.ts';
import { readCount } from '../sync/sync-request.ts';
import { openRoom, presentEvent, type ReadableRoom, type ReadContext, readFilter, readPage } from './read-room.ts';

const defaultLimit = 10;
const maxLimit = 100;

/** GET /rooms/{roomId}/context/{eventId}. Client-server API, "Event Context". */
export function getEventContext(context: ReadContext): Handler {
  return authenticated((request) =>
    withSpan(spanNames.page, {}, async () => {
      const { query, requester } = request;
      const eventId = eventIdParam(request);
      const limit = Math.min(readCount(query, 'limit') ?? defaultLimit, maxLimit);
      const filter = readFilter(query);
      const room = await openRoom(context, request);
      const event = (await context.events.byId([eventId])).get(eventId);
      if (event === undefined || event.roomId !== room.roomId || event.position === 0) throw unknownEvent();
      await context.reach({ ...context.live.position, room: event.position });
      if (event.position > room.upTo || !isVisible(room.history, event.position)) throw unknownEvent();
      const [before, after] = await Promise.all([
        readPage(context, room, {
          direction: 'b',
          from: event.position - 1,
          to: undefined,
          limit: Math.ceil(limit / 2),
          filter,
        }),
        readPage(context, room, {
          direction: 'f',
          from: event.position,
          to: undefined,
          limit: Math.floor(limit / 2),
          filter,
        }),
      ]);
      const text = (shown: TimelineEvent) => presentEvent(shown, requester.userId, requester.deviceId);
      const last = after.events.at(-1) ?? event;
      const first = before.events.at(-1) ?? event;
      const state = await stateAt(context, room, last, filter, [...before.events, event, ...after.events]);
      const { generation } = context;
      return rawJson(
        `{"start":"${formatPaginationToken(generation, first.position - 1)}","end":"${formatPaginationToken(generation, last.position)}",` +
          `"event":${text(event)},"events_before":[${before.events.map(text).join(',')}],` +
          `"events_after":[${after.events.map(text).join(',')}],"state":[${state.join(',')}]}`,
      );
    }),
  );
}

/** State at the last event shown; of members only the senders when the client loads them lazily. */
async function stateAt(
  { events }: ReadContext,
  { roomId }: ReadableRoom,
  last: TimelineEvent,
  filter: EventFilter,
  shown: readonly TimelineEvent[],
): Promise<string[]> {
  const [state] = await events.state([
    {
      roomId,
      at: { $case: 'afterEventId', value: last.eventId },
      keys: [],
      types: [],
      omitMembers: filter.lazyLoadMembers,
      members: filter.lazyLoadMembers ? [...new Set(shown.map((event) => event.sender))] : [],
    },
  ]);
  return (state?.events ?? [])
    .map((stored) => TimelineEvent.fromStored(stored))
    .filter((event) => filter.matches(event))
    .map((event) => event.textWithRoomId());
}

function unknownEvent() {
  return errors.notFound('There is no such event, or you may not see it');
}
