/**
 * A place between two events of a room: what stands at it or before it lies behind. First comes an event of the timeline, by its position in the
 * room log, then the history after it, by depth and by the position of its own entry in the log.
 */
export interface TimelinePlace {
  readonly position: number;
  readonly depth: number;
  readonly entry: number;
}

/** Where an event stands. */
export type Standing =
  | { readonly kind: 'timeline'; readonly position: number }
  /** After this position of the timeline. */
  | {
      readonly kind: 'history';
      readonly position: number;
      readonly depth: number;
      readonly entry: number;
      readonly eventId: string;
    };

/** Before all events. */
export const beginning: TimelinePlace = { position: 0, depth: 0, entry: 0 };

/** Behind the event at this position and the history after it: what a token of /sync names. */
export function behindAll(position: number): TimelinePlace {
  return { position, depth: Number.MAX_SAFE_INTEGER, entry: Number.MAX_SAFE_INTEGER };
}

/** Right before the event. */
export function placeBefore(standing: Standing): TimelinePlace {
  if (standing.kind === 'timeline') return behindAll(standing.position - 1);
  const { position, depth, entry } = standing;
  return { position, depth, entry: entry - 1 };
}

/** Right behind the event. */
export function placeBehind(standing: Standing): TimelinePlace {
  const { position } = standing;
  return standing.kind === 'timeline'
    ? { position, depth: 0, entry: 0 }
    : { position, depth: standing.depth, entry: standing.entry };
}

export function earlierOf(left: TimelinePlace, right: TimelinePlace): TimelinePlace {
  return compare(left, right) <= 0 ? left : right;
}

function compare(left: TimelinePlace, right: TimelinePlace): number {
  return left.position - right.position || left.depth - right.depth || left.entry - right.entry;
}
