/** A place in a room's state, by the numbers of its type and state key, and the event that stands there. */
export interface StateEntry {
  readonly type: number;
  readonly stateKey: number;
  readonly event: number;
}

/** The number of the state in which nothing is set. */
export const EMPTY_STATE = 0;

export interface StateBlock {
  readonly block: number;
  readonly hash: string;
  readonly entries: Buffer;
}

export interface StateSnapshot {
  readonly snapshot: number;
  readonly hash: string;
  readonly blocks: readonly number[];
}

/** What a changed state adds to the store; to be written in the commit of the event that changed it. */
export interface StateWrite {
  readonly snapshot: number;
  readonly blocks: readonly StateBlock[];
  readonly snapshots: readonly StateSnapshot[];
}

/**
 * Room state as immutable snapshots, by number. What is behind it may be blocks or a tree: callers see entries, and writes that they
 * pass on to the commit unread.
 */
export interface StateStore {
  /** The state that is `snapshot` with these entries put in, and what has to be written for it. The result can be built on at once. */
  change(snapshot: number, changes: readonly StateEntry[]): Promise<StateWrite>;
  /** The entries of each snapshot, sorted by type and state key. One round trip at most for all of them. */
  read(snapshots: readonly number[]): Promise<ReadonlyMap<number, readonly StateEntry[]>>;
}
