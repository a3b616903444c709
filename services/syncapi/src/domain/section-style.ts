import type { SyncFilter } from './filter.ts';

/**
 * Where a client wants the state: up to the start of the timeline, or up to its end under the name that it asked by (the specification's, or
 * the one of MSC4222). A response never has more than one of them.
 */
export type StateDialect = 'state' | 'state_after' | 'org.matrix.msc4222.state_after';

/** How a client wants rooms in the response. */
export interface SectionStyle {
  readonly filter: SyncFilter;
  readonly dialect: StateDialect;
  /** Of the tokens. */
  readonly generation: number;
  /** The time, in milliseconds, when the text of an event is made: for its age. */
  now(): number;
}
