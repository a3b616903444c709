import type { EventId } from '@plexus/matrix';

/**
 * Where an event of history stands in its room: after the timeline up to `afterPosition` and before what follows there, and among the history
 * at the same position by depth. The graph's order is kept whatever depths servers claim, as long as what follows an event comes before it,
 * which is how history is asked for; and no place ever changes, so that pages of what is known stay as they are when more comes in.
 */
export interface HistoryPlace {
  readonly afterPosition: number;
  readonly depth: number;
}

/** A stored event that one of history refers to or is referred to by. */
export type Neighbour =
  | { readonly kind: 'timeline'; readonly position: number }
  | { readonly kind: 'history'; readonly place: HistoryPlace };

export interface UnplacedEvent {
  readonly eventId: EventId;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
}

/** The stored events beside those to be placed. */
export interface Neighbours {
  /** By event, those that refer to it. */
  readonly following: ReadonlyMap<EventId, readonly Neighbour[]>;
  /** Prev events. */
  readonly previous: ReadonlyMap<EventId, Neighbour>;
}

/**
 * The places of events, each of which comes after what it refers to: right before the first that follows it. What nothing follows, a branch
 * that ends within history, stands after the last that it follows; and what is connected to nothing, before everything.
 */
export function placeHistory(
  events: readonly UnplacedEvent[],
  { following, previous }: Neighbours,
): ReadonlyMap<EventId, HistoryPlace> {
  const places = new Map<EventId, HistoryPlace>();
  const bounds = new Map<EventId, HistoryPlace>();
  for (const { eventId, depth, prevEvents } of events.toReversed()) {
    for (const neighbour of following.get(eventId) ?? []) lower(bounds, eventId, boundBefore(neighbour));
    const bound = bounds.get(eventId);
    if (bound === undefined) continue;
    const place = { afterPosition: bound.afterPosition, depth: clamped(Math.min(depth, bound.depth)) };
    places.set(eventId, place);
    for (const prevEvent of prevEvents) lower(bounds, prevEvent, boundBefore({ kind: 'history', place }));
  }
  for (const { eventId, depth, prevEvents } of events) {
    if (places.has(eventId)) continue;
    let place: HistoryPlace = { afterPosition: 0, depth: clamped(depth) };
    for (const prevEvent of prevEvents) {
      const known = places.get(prevEvent);
      const neighbour = known === undefined ? previous.get(prevEvent) : ({ kind: 'history', place: known } as const);
      if (neighbour === undefined) continue;
      const bound = boundAfter(neighbour);
      const candidate = { afterPosition: bound.afterPosition, depth: clamped(Math.max(depth, bound.depth)) };
      if (isBefore(place, candidate)) place = candidate;
    }
    places.set(eventId, place);
  }
  return places;
}

function lower(bounds: Map<EventId, HistoryPlace>, eventId: EventId, bound: HistoryPlace): void {
  const known = bounds.get(eventId);
  if (known === undefined || isBefore(bound, known)) bounds.set(eventId, bound);
}

function boundBefore(neighbour: Neighbour): HistoryPlace {
  if (neighbour.kind === 'timeline') return { afterPosition: neighbour.position - 1, depth: Number.MAX_SAFE_INTEGER };
  return { afterPosition: neighbour.place.afterPosition, depth: neighbour.place.depth - 1 };
}

function boundAfter(neighbour: Neighbour): HistoryPlace {
  if (neighbour.kind === 'timeline') return { afterPosition: neighbour.position, depth: 0 };
  return { afterPosition: neighbour.place.afterPosition, depth: neighbour.place.depth + 1 };
}

function isBefore(left: HistoryPlace, right: HistoryPlace): boolean {
  return left.afterPosition === right.afterPosition
    ? left.depth < right.depth
    : left.afterPosition < right.afterPosition;
}

function clamped(depth: number): number {
  return Math.max(0, Math.min(depth, Number.MAX_SAFE_INTEGER));
}
