import type { StateNode } from './node-lookup.ts';

/** A place in a room's state, by the numbers of its type and state key. */
export interface StatePlace {
  readonly type: number;
  readonly stateKey: number;
}

/** A place and the event that stands there. */
export interface StateEntry extends StatePlace {
  readonly event: number;
}

/** A place and the event that is to stand there; undefined empties it. */
export interface StateChange extends StatePlace {
  readonly event: number | undefined;
}

/** A place at which states differ, and what each of them has there, in the order in which they were given. */
export interface StateDifference extends StatePlace {
  readonly events: readonly (number | undefined)[];
}

/** The number of the state in which nothing is set. */
export const EMPTY_STATE = 0;

/** A changed state and what it adds to the store; to be written in the commit of the event that changed it. */
export interface StateWrite {
  readonly snapshot: number;
  readonly nodes: readonly StateNode[];
}

/**
 * Room state as immutable snapshots, by number. Equal states have the same number, whatever the way to them and whichever process went it.
 * Callers see entries, and writes that they pass on to the commit unread. All that is not in memory is loaded level by level: one round
 * trip a level, at most eight, for everything that is asked for in one turn of the event loop.
 */
export interface StateStore {
  /**
   * The state that is `snapshot` with these changes, and what has to be written for it. The result can be built on at once; what is built
   * on it must not be committed before it. Of several changes of one place the last counts.
   */
  change(snapshot: number, changes: readonly StateChange[]): Promise<StateWrite>;
  /** The entries of each snapshot; those of equal states are in the same order. */
  read(snapshots: readonly number[]): Promise<ReadonlyMap<number, readonly StateEntry[]>>;
  /** What stands at these places, in their order; places without an event are left out. */
  at(snapshot: number, places: readonly StatePlace[]): Promise<readonly StateEntry[]>;
  /** The places at which not all of the snapshots have the same event, sorted by type and state key; costs as much as they differ. */
  compare(snapshots: readonly number[]): Promise<readonly StateDifference[]>;
  /** The number that a state has now: another one only when it is stored in the first format and was not converted yet. */
  current(snapshot: number): Promise<number>;
}
