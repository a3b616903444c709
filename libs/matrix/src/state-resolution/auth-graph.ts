import type { EventId } from '../identifiers/event-id.ts';

/** The auth_events of an event, empty for one that is not known. */
export type AuthEventsOf = (eventId: EventId) => readonly EventId[];

/** The events and all that is reached from them by auth_events, themselves included. */
export function withAuthChains(eventIds: Iterable<EventId>, authEventsOf: AuthEventsOf): Set<EventId> {
  const reached = new Set(eventIds);
  for (const eventId of reached) for (const authEvent of authEventsOf(eventId)) reached.add(authEvent);
  return reached;
}

/**
 * The events that are in the full auth chains of some of the states but not of all. Each state is given by the ids of all its
 * events, and its chain holds them, as the servers in use have it: by the specification's words an event on which all agree could
 * be in the difference, when some event in conflict cites it. Walks every chain: a server with an index of chains has a cheaper
 * way. Room version 2, "Auth difference".
 */
export function authDifference(states: readonly Iterable<EventId>[], authEventsOf: AuthEventsOf): Set<EventId> {
  const inChains = new Map<EventId, number>();
  for (const state of states) {
    for (const eventId of withAuthChains(state, authEventsOf)) inChains.set(eventId, (inChains.get(eventId) ?? 0) + 1);
  }
  const difference = new Set<EventId>();
  for (const [eventId, count] of inChains) if (count < states.length) difference.add(eventId);
  return difference;
}

/**
 * The events on the paths of auth_events from one conflicting event to another, ends included. Room version 12, "Conflicted
 * state subgraph".
 */
export function conflictedSubgraph(conflicting: ReadonlySet<EventId>, authEventsOf: AuthEventsOf): Set<EventId> {
  const below = withAuthChains(conflicting, authEventsOf);
  const citedBy = new Map<EventId, EventId[]>();
  for (const eventId of below) {
    for (const authEvent of authEventsOf(eventId)) {
      const citing = citedBy.get(authEvent);
      if (citing === undefined) citedBy.set(authEvent, [eventId]);
      else citing.push(eventId);
    }
  }
  const above = withAuthChains(conflicting, (eventId) => citedBy.get(eventId) ?? []);
  return new Set([...below].filter((eventId) => above.has(eventId)));
}
