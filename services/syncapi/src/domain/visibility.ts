import type { HistoryVisibility } from '@plexus/matrix';

/** Values of `m.room.history_visibility` with their numbers in the index. */
export const visibilities: Readonly<Record<HistoryVisibility, number>> = {
  world_readable: 1,
  shared: 2,
  invited: 3,
  joined: 4,
};

export interface VisibilityChange {
  readonly position: number;
  readonly visibility: HistoryVisibility;
}

export function visibilityOf(number: number): HistoryVisibility {
  if (number === 1) return 'world_readable';
  if (number === 3) return 'invited';
  return number === 4 ? 'joined' : 'shared';
}
