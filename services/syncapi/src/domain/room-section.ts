import type { EventFilter, SyncFilter } from './filter.ts';
import { formatPaginationToken } from './pagination-token.ts';
import type { TimelineEvent } from './timeline-event.ts';

/**
 * Where a client wants the state: up to the start of the timeline, or up to its end under the name that it asked by (the specification's, or
 * the one of MSC4222). Never more than one of them is sent.
 */
export type StateDialect = 'state' | 'state_after' | 'org.matrix.msc4222.state_after';

/** How a client wants rooms to be told. */
export interface SectionStyle {
  readonly filter: SyncFilter;
  readonly dialect: StateDialect;
  readonly generation: number;
}

/** What a client is told of a room's events: the choice, before it becomes text. */
export interface RoomSection {
  readonly timeline: readonly TimelineEvent[];
  readonly limited: boolean;
  /** Before the first event of the timeline. */
  readonly prevBatch: number;
  /** State in the dialect that was asked for, without lazily loaded members. */
  readonly state: readonly TimelineEvent[];
}

/** The end of a timeline that a client gets, of events in order. */
export function cutTimeline(
  events: readonly TimelineEvent[],
  filter: EventFilter,
  upTo: number,
): Pick<RoomSection, 'timeline' | 'limited' | 'prevBatch'> {
  const matching = events.filter((event) => filter.matches(event));
  const limit = filter.limit ?? matching.length;
  const limited = matching.length > limit;
  const timeline = limited ? matching.slice(matching.length - limit) : matching;
  const first = timeline[0];
  return {
    timeline,
    limited,
    prevBatch: first === undefined ? (events[0]?.position ?? upTo + 1) - 1 : first.position - 1,
  };
}

/**
 * The section of a room of which every event since the last sync is at hand, in order; undefined when a resolution of forks brought back state
 * whose events are not among them.
 */
export function sectionOf(
  events: readonly TimelineEvent[],
  style: SectionStyle,
  upTo: number,
): RoomSection | undefined {
  const cut = cutTimeline(events, style.filter.timeline, upTo);
  if (cut.limited && cut.timeline.length === 0) return withState(events, { ...cut, prevBatch: upTo }, style);
  return withState(events, cut, style);
}

function withState(
  events: readonly TimelineEvent[],
  cut: Pick<RoomSection, 'timeline' | 'limited' | 'prevBatch'>,
  style: SectionStyle,
): RoomSection | undefined {
  const told = new Set(style.dialect === 'state' ? cut.timeline : []);
  const newest = new Map<string, TimelineEvent>();
  for (const event of events) {
    for (const change of event.stateChanges) {
      if (change.eventId !== event.eventId) return undefined;
      const key = `${change.type} ${change.stateKey}`;
      newest.delete(key);
      if (!told.has(event)) newest.set(key, event);
    }
  }
  const filter = style.filter.state;
  const state = [...newest.values()];
  return { ...cut, state: filter.passesAll ? state : state.filter((event) => filter.matches(event)) };
}

/** Senders whose member events a lazy-loading client needs beside this section. */
export function neededMembers(section: RoomSection): Set<string> {
  const needed = new Set<string>();
  for (const event of section.timeline) needed.add(event.sender);
  for (const event of section.state) if (event.type === 'm.room.member') needed.delete(event.stateKey ?? '');
  for (const event of section.timeline) {
    if (event.type === 'm.room.member' && event.stateKey !== undefined) needed.delete(event.stateKey);
  }
  return needed;
}

/** Turns an event into the text of one receiver. */
export type EventText = (event: TimelineEvent) => string;

export const sharedText: EventText = (event) => event.text;

/** The fields `timeline` and `state` (or its dialect) of a room in /sync, without the braces around. */
export function sectionText(
  section: RoomSection,
  members: readonly TimelineEvent[],
  { dialect, generation }: SectionStyle,
  textOf: EventText,
): string {
  const timeline = section.timeline.map(textOf).join(',');
  const state = [...section.state, ...members].map(textOf).join(',');
  const prevBatch = formatPaginationToken(generation, Math.max(0, section.prevBatch));
  return (
    `"timeline":{"events":[${timeline}],"limited":${section.limited},"prev_batch":"${prevBatch}"}` +
    (state === '' && dialect === 'state' ? '' : `,"${dialect}":{"events":[${state}]}`)
  );
}
