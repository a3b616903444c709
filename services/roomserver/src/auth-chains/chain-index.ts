import type { StatePlace } from '../state-store/state-store.ts';

/**
 * Where an event stands in the chain cover of its room: each event of a chain reaches the one before it by auth_events. A chain is named
 * by the number of its first event; sequences begin at 1.
 */
export interface ChainPlace {
  readonly chain: number;
  readonly sequence: number;
}

/** Of a chain, the events after `from` up to and including `to`. */
export interface ChainRange {
  readonly chain: number;
  readonly from: number;
  readonly to: number;
}

/** An event at `chain` and `sequence` leads to `target`. What the chains' own order and other links imply is left out. */
export interface ChainLink extends ChainPlace {
  readonly target: ChainPlace;
}

/** An event with its place in the cover and in the state. */
export interface CoveredEvent extends ChainPlace, StatePlace {
  readonly event: number;
}

/** The chain cover as far as it is written; what it holds never changes, and the auth chain of what it holds is in it. */
export interface ChainIndex {
  /** The places of those of the events that are in it. */
  places(events: readonly number[]): Promise<ReadonlyMap<number, ChainPlace>>;
  /** The links that begin in the ranges, those of a chain in the order of its sequences. */
  links(ranges: readonly ChainRange[]): Promise<readonly ChainLink[]>;
  /** The events of the ranges. */
  events(ranges: readonly ChainRange[]): Promise<readonly CoveredEvent[]>;
  /**
   * Events that links lead from to one of the events, those with the largest numbers first and only below `before`; `more` when these are
   * not all.
   */
  citing(events: readonly number[], before: number): Promise<{ events: readonly CoveredEvent[]; more: boolean }>;
}
