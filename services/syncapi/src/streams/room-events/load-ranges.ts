import type { EventFilter } from '../../domain/filter.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { readNewest, readStateChanges, type StateChangeRow } from '../../storage/timelines.ts';
import type { SyncSources } from '../sources.ts';
import { maxScanned, type RoomRange, type StateChangeRef } from './section.ts';

/** A part of a room's timeline that is read from the index. */
export interface IndexRange {
  readonly roomId: string;
  readonly roomNid: number;
  readonly after: number;
  readonly upTo: number;
  /** Whether the user may see this event; undefined: all of them. */
  readonly maySee: ((event: TimelineEvent) => boolean) | undefined;
}

export type RangeEvents = Omit<RoomRange, 'stateChanges'>;

/** How many events are looked at first for each one that the filter lets through. */
const scanFactor = 5;

/** The newest events of each range: as many as the filter's limit needs, and of no room more than `maxScanned`. */
export async function loadEvents<Range extends IndexRange>(
  sources: SyncSources,
  filter: EventFilter & { readonly limit: number },
  ranges: readonly Range[],
): Promise<Map<Range, RangeEvents>> {
  const first = Math.min(maxScanned, (filter.limit + 1) * (filter.passesAll ? 1 : scanFactor));
  const found = await loadNewest(sources, ranges, first);
  const tooFew = ranges.filter((range) => {
    const events = found.get(range);
    return events?.truncated === true && countMatching(events, filter) <= filter.limit;
  });
  if (tooFew.length === 0 || first === maxScanned) return found;
  return new Map([...found, ...(await loadNewest(sources, tooFew, maxScanned))]);
}

async function loadNewest<Range extends IndexRange>(
  { database, events }: SyncSources,
  ranges: readonly Range[],
  limit: number,
): Promise<Map<Range, RangeEvents>> {
  if (ranges.length === 0) return new Map();
  // One more than is wanted says whether there are more.
  const newest = await readNewest(database, ranges, limit + 1);
  const positionsOf = ({ roomNid }: Range) => (newest.get(roomNid) ?? []).slice(-limit);
  const loaded = await events.load(
    ranges.flatMap((range) => positionsOf(range).map((position) => ({ roomId: range.roomId, position }))),
  );
  return new Map(
    ranges.map((range) => {
      const ofRoom = positionsOf(range).flatMap((position) => loaded.get(position) ?? []);
      const { maySee } = range;
      const visible = maySee === undefined ? ofRoom : ofRoom.filter(maySee);
      const truncated = (newest.get(range.roomNid)?.length ?? 0) > limit;
      return [range, { events: visible, truncated, upTo: range.upTo }];
    }),
  );
}

function countMatching({ events }: RangeEvents, filter: EventFilter): number {
  return events.reduce((count, event) => count + (filter.matches(event) ? 1 : 0), 0);
}

/** What changed in the state of rooms within ranges, by room number; the events are not loaded yet. */
export async function loadStateChanges(
  { database }: SyncSources,
  ranges: readonly { readonly roomNid: number; readonly after: number; readonly upTo: number }[],
): Promise<Map<number, StateChangeRef[]>> {
  if (ranges.length === 0) return new Map();
  const rows = await readStateChanges(database, ranges);
  return new Map([...rows].map(([roomNid, changes]) => [roomNid, changes.map(toRef)]));
}

function toRef({ position, type, stateKey, eventId }: StateChangeRow): StateChangeRef {
  return { position, type, stateKey, eventId, event: undefined };
}

/** Loads the events of state changes that memory does not have, in at most two calls of roomserver. */
export async function withEvents(
  { events }: SyncSources,
  rooms: readonly { readonly roomId: string; readonly changes: readonly StateChangeRef[] }[],
): Promise<readonly (readonly StateChangeRef[])[]> {
  const missing = rooms.flatMap(({ roomId, changes }) =>
    changes.flatMap((change) => (change.event === undefined ? [{ roomId, ...change }] : [])),
  );
  if (missing.length === 0) return rooms.map(({ changes }) => changes);
  const [byPosition, byId] = await Promise.all([
    events.load(missing.filter(({ eventId }) => eventId === undefined)),
    events.byId(missing.flatMap(({ eventId }) => eventId ?? [])),
  ]);
  return rooms.map(({ changes }) =>
    changes.map((change) => ({
      ...change,
      event:
        change.event ?? (change.eventId === undefined ? byPosition.get(change.position) : byId.get(change.eventId)),
    })),
  );
}
