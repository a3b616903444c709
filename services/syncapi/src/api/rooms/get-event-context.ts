import { authenticated, errors, eventIdParam, type Handler, rawJson } from '@plexus/http';
import { DUMMY_EVENT_TYPE } from '@plexus/matrix';
import { withSpan } from '@plexus/observability';
import type { EventFilter } from '../../domain/filter.ts';
import { formatPlace } from '../../domain/pagination-token.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import { placeBefore, placeBehind, type Standing } from '../../domain/timeline-place.ts';
import { findInHistory } from '../../storage/room-pages.ts';
import { spanNames } from '../../telemetry.ts';
import { readCount } from '../sync/sync-request.ts';
import { readPage } from './read-page.ts';
import { openRoom, presentEvent, type ReadableRoom, type ReadContext, readFilter } from './read-room.ts';
import { visibleOf } from './visible-events.ts';

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
      const { event, standing } = await findEvent(context, room, eventId);
      const [before, after] = await Promise.all([
        readPage(context, room, {
          direction: 'b',
          from: placeBefore(standing),
          to: undefined,
          limit: Math.ceil(limit / 2),
          filter,
        }),
        readPage(context, room, {
          direction: 'f',
          from: placeBehind(standing),
          to: undefined,
          limit: Math.floor(limit / 2),
          filter,
        }),
      ]);
      const text = (shown: TimelineEvent) => presentEvent(shown, requester.userId, requester.deviceId);
      const last = after.events.at(-1) ?? event;
      const state = await stateAt(context, room, last, filter, [...before.events, event, ...after.events]);
      const { generation } = context;
      return rawJson(
        `{"start":"${formatPlace(generation, before.end)}","end":"${formatPlace(generation, after.end)}",` +
          `"event":${text(event)},"events_before":[${before.events.map(text).join(',')}],` +
          `"events_after":[${after.events.map(text).join(',')}],"state":[${state.join(',')}]}`,
      );
    }),
  );
}

/** The event and where it stands, if the reader may see it. @throws MatrixHttpError M_NOT_FOUND */
async function findEvent(context: ReadContext, room: ReadableRoom, eventId: string) {
  const event = (await context.events.byId([eventId])).get(eventId);
  const isThere = event !== undefined && event.roomId === room.roomId && event.type !== DUMMY_EVENT_TYPE;
  if (!isThere) throw unknownEvent();
  const { position } = event;
  const standing: Standing | undefined =
    position === 0 ? await findInHistory(context.database, room.roomNid, eventId) : { kind: 'timeline', position };
  if (standing === undefined || standing.position > room.upTo) throw unknownEvent();
  const visible = await visibleOf(context, room, [{ standing, event }]);
  if (!visible.has(standing)) throw unknownEvent();
  return { event, standing };
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
