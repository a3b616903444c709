import type { Queryable } from '@plexus/postgres';

/**
 * What state resolution asks of the graph of auth_events, by event number. Answers are exact whatever the order in which the events came
 * in; events that are not stored are in none of them.
 */
export interface AuthChains {
  /**
   * All that is reached from the events by auth_events; an event of the list itself only when another leads to it. With a type, by its
   * number, only events of it, and maybe others that are not in the index.
   */
  chainOf(events: readonly number[], type?: number): Promise<number[]>;
  /**
   * The auth difference of states: what is in the full auth chains of some of them but not of all. Each state is given by its events at the
   * places in conflict; what all agree on is looked up in `snapshot`, which is the snapshot of the first of them. As the servers in use
   * have it, a state's chain holds the state's own events. Room version 2, "Auth difference".
   */
  difference(states: readonly (readonly number[])[], snapshot: number): Promise<number[]>;
  /** The events on paths of auth_events from one of the events to another, ends included. Room version 12, "Conflicted state subgraph". */
  subgraph(conflicting: readonly number[]): Promise<number[]>;
}

export interface AuthChainsOfRooms extends AuthChains {
  /**
   * The same for a few questions in a row about events of one room that are stored now: what one of them has read the next does not read
   * again. `readBy` is what the database is asked through.
   */
  ofRoom(room: number, readBy: (queryable: Queryable) => Queryable): Promise<AuthChains>;
}
