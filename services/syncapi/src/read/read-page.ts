import type { EventFilter } from '../domain/filter.ts';
import {
  beginning,
  behindAll,
  earlierOf,
  placeBefore,
  placeBehind,
  type Standing,
  type TimelinePlace,
} from '../domain/timeline-place.ts';
import { readStandings } from '../storage/room-pages.ts';
import type { OpenRoom, ReadContext } from './open-room.ts';
import { type StandingEvent, type VisibleEvent, visibleOf } from './visible-events.ts';

export interface PageRequest {
  readonly direction: 'b' | 'f';
  readonly from: TimelinePlace;
  /** Where to stop, as far as the requester said. */
  readonly to: TimelinePlace | undefined;
  readonly limit: number;
  readonly filter: EventFilter;
}

export interface Page {
  readonly events: readonly VisibleEvent[];
  /** Up to where it has looked. */
  readonly end: TimelinePlace;
  /** There is nothing beyond. */
  readonly isLast: boolean;
}

/**
 * How many events are looked at for one page: a page of a room full of what the filter leaves out ends there
 * and says where to go on.
 */
const maxScanned = 2000;
const scanStep = 250;

/**
 * A page of a room: positions from the index, the events at them, and of those the ones that the reader may see
 * and that pass the filter. The caller presents them.
 */
export async function readPage(context: ReadContext, room: OpenRoom, request: PageRequest): Promise<Page> {
  const { direction, limit, filter } = request;
  const upTo = behindAll(room.upTo);
  const events: VisibleEvent[] = [];
  let end = direction === 'b' ? earlierOf(request.from, upTo) : request.from;
  let scanned = 0;
  while (scanned < maxScanned) {
    // One more than is needed says whether there is more.
    const wanted = Math.min(scanStep, Math.max(limit - events.length + 1, 2));
    const { to } = request;
    const range =
      direction === 'b' ? { after: to ?? beginning, upTo: end } : { after: end, upTo: earlierOf(to ?? upTo, upTo) };
    const standings = await readStandings(context.database, room.roomNid, { ...range, limit: wanted }, direction);
    const visible = await visibleOf(context, room, await hydrate(context, room, standings));
    for (const standing of standings) {
      if (events.length >= limit) return { events, end, isLast: false };
      const found = visible.get(standing);
      if (found !== undefined && filter.matches(found.event)) events.push(found);
      end = direction === 'b' ? placeBefore(standing) : placeBehind(standing);
    }
    scanned += standings.length;
    if (standings.length < wanted) return { events, end, isLast: true };
  }
  return { events, end, isLast: false };
}

/** The events that stand there, but for those that roomserver does not have (any more). */
async function hydrate(
  { events }: ReadContext,
  { roomId }: OpenRoom,
  standings: readonly Standing[],
): Promise<StandingEvent[]> {
  const places = standings.flatMap((each) => (each.kind === 'timeline' ? [{ roomId, position: each.position }] : []));
  const history = standings.flatMap((each) => (each.kind === 'history' ? [each.eventId] : []));
  const [byPosition, byId] = await Promise.all([events.load(places), events.byId(history)]);
  return standings.flatMap((standing) => {
    const event = standing.kind === 'timeline' ? byPosition.get(standing.position) : byId.get(standing.eventId);
    return event === undefined ? [] : [{ standing, event }];
  });
}
