import type { EventId } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { type HistoryPlace, type Neighbour, placeHistory } from '../domain/history-place.ts';
import { type HistoryNeighbourRow, selectHistoryNeighbours } from '../storage/input-queries.ts';
import type { InputEvent } from './input-event.ts';
import { type KnownEvents, OUTLIER } from './known-events.ts';

/** The places of those events that are history and have none yet, whichever commit they are in; most inputs bring none. */
export async function historyPlacesOf(
  events: readonly InputEvent[],
  following: ReadonlyMap<EventId, readonly Neighbour[]>,
  known: KnownEvents,
  queryable: Queryable,
): Promise<ReadonlyMap<EventId, HistoryPlace>> {
  const unplaced = events
    .filter(({ event: { pdu }, isHistory, placement }) => {
      const isNew = (known.get(pdu.eventId)?.snapshot ?? OUTLIER) === OUTLIER;
      return isNew && placement.kind !== 'outlier' && (isHistory || following.has(pdu.eventId));
    })
    .map(({ event: { pdu } }) => pdu);
  if (unplaced.length === 0) return new Map();
  const prevEvents = [...new Set(unplaced.flatMap((pdu) => pdu.prevEvents))];
  await known.load(prevEvents);
  const stored = new Map(
    prevEvents.flatMap((eventId) => {
      const event = known.get(eventId);
      return event === undefined || event.snapshot === OUTLIER ? [] : [[event.event, eventId] as const];
    }),
  );
  const rows =
    stored.size === 0
      ? []
      : await queryable.query<HistoryNeighbourRow & { event: number }>(selectHistoryNeighbours, [[...stored.keys()]]);
  const previous = new Map<EventId, Neighbour>();
  for (const row of rows) {
    const eventId = stored.get(row.event);
    const neighbour = neighbourOf(row);
    if (eventId !== undefined && neighbour !== undefined) previous.set(eventId, neighbour);
  }
  return placeHistory(unplaced, { following, previous });
}

/** Undefined for events that nobody is shown. */
export function neighbourOf({ position, after_position: afterPosition, depth }: HistoryNeighbourRow) {
  if (position !== null) return { kind: 'timeline', position } as const;
  if (afterPosition === null || depth === null) return undefined;
  return { kind: 'history', place: { afterPosition, depth } } as const;
}
