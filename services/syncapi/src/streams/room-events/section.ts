import type { EventFilter } from '../../domain/filter.ts';
import type { SectionStyle, StateDialect } from '../../domain/section-style.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';

/** A change of a room's state. */
export interface StateChangeRef {
  /** Of the entry of the room log that made the change. */
  readonly position: number;
  readonly type: string;
  readonly stateKey: string;
  /** The event that came into the state; undefined until it is loaded. */
  readonly event: TimelineEvent | undefined;
  /** Its id when it is not the event of the entry: a resolution of forks brought it back. */
  readonly eventId: string | undefined;
}

/** What happened in a room within a range of the room log, from memory or from the index. */
export interface RoomRange {
  /** The newest events that the user may see, in order, at most `maxScanned` before the filter. */
  readonly events: readonly TimelineEvent[];
  /** There are older events in the range that were not looked at. */
  readonly truncated: boolean;
  /** In order. With a whole state beside (`wholeStateAt`), those after it. */
  readonly stateChanges: readonly StateChangeRef[];
  /** The end of the range. */
  readonly upTo: number;
}

/** The timeline of a room as a client gets it. */
export interface TimelineCut {
  readonly timeline: readonly TimelineEvent[];
  readonly limited: boolean;
  /** Position before the first event of the timeline. */
  readonly prevBatch: number;
}

/** What a client gets of a room's events, before it becomes text. */
export interface RoomSection extends TimelineCut {
  /** State in the dialect that was asked for, without lazily loaded members. */
  readonly state: readonly TimelineEvent[];
  /** Members changed within the range: the summary is due. */
  readonly membersChanged: boolean;
}

/** How many events of a room are looked at, at most, to find those that the filter lets through. */
export const maxScanned = 1000;

/** The end of the timeline that fits the filter's limit. */
export function cutTimeline(
  { events, truncated, upTo }: Omit<RoomRange, 'stateChanges'>,
  filter: EventFilter,
): TimelineCut {
  const matching = events.filter((event) => filter.matches(event));
  const limit = filter.limit ?? matching.length;
  const isCut = matching.length > limit;
  const timeline = isCut ? matching.slice(matching.length - limit) : matching;
  const first = timeline[0] ?? (isCut ? undefined : events[0]);
  return { timeline, limited: isCut || truncated, prevBatch: first === undefined ? upTo : first.position - 1 };
}

/** The position at which a client that gets this timeline needs the state of a room that it does not know. */
export function stateBaseOf({ timeline, prevBatch }: TimelineCut, dialect: StateDialect, upTo: number): number {
  return dialect === 'state' && timeline.length > 0 ? Math.min(prevBatch, upTo) : upTo;
}

/** The changes whose events the client is sent as state: of each key the newest that the timeline does not show. */
export function untoldChanges(
  changes: readonly StateChangeRef[],
  { timeline }: TimelineCut,
  dialect: StateDialect,
): readonly StateChangeRef[] {
  if (changes.length === 0) return changes;
  const isShown = shownBy(dialect === 'state' ? timeline : []);
  const newest = new Map<string, StateChangeRef>();
  for (const change of changes) {
    if (isShown(change)) continue;
    const key = `${change.type} ${change.stateKey}`;
    newest.delete(key);
    newest.set(key, change);
  }
  return [...newest.values()];
}

/** An event that a resolution of forks brought back may be in the timeline at its own position. */
function shownBy(timeline: readonly TimelineEvent[]): (change: StateChangeRef) => boolean {
  if (timeline.length === 0) return () => false;
  const positions = new Set(timeline.map(({ position }) => position));
  const eventIds = new Set(timeline.map(({ eventId }) => eventId));
  return ({ position, eventId }) => (eventId === undefined ? positions.has(position) : eventIds.has(eventId));
}

/** Completes a cut timeline with its state: the whole state of a room that the client does not know, if given, under the changes since. */
export function sectionOf(
  cut: TimelineCut,
  changes: readonly StateChangeRef[],
  untold: readonly StateChangeRef[],
  style: SectionStyle,
  whole: readonly TimelineEvent[] = [],
): RoomSection {
  const filter = style.filter.state;
  const changed = untold.flatMap(({ event }) => event ?? []);
  const replaced = new Set(changed.map(stateKeyOf));
  const state = [...whole.filter((event) => !replaced.has(stateKeyOf(event))), ...changed];
  return {
    ...cut,
    state: filter.passesAll ? state : state.filter((event) => filter.matches(event)),
    membersChanged: changes.some(({ type }) => type === 'm.room.member'),
  };
}

function stateKeyOf({ type, stateKey }: TimelineEvent): string {
  return `${type} ${stateKey ?? ''}`;
}
