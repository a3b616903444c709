import { stateMapKey } from '../events/state-map-key.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomId } from '../identifiers/room-id.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { authDifference, conflictedSubgraph } from './auth-graph.ts';
import { resolveV1 } from './resolve-v1.ts';
import { resolveV2 } from './resolve-v2.ts';
import type { EventLookup, StateConflict, StateEntry, StateResolutionInput } from './state.ts';
import { runToEnd, type Steps } from './steps.ts';

/**
 * Settles the keys on which states of a room disagree. The resolved state is what all agree on, and these entries beside it;
 * a key in conflict that has no entry here is not in it. Independent of the order of everything in the input. Room version
 * pages, "State resolution".
 */
export function resolveState(input: StateResolutionInput): StateEntry[] {
  return runToEnd(resolveStateInSteps(input));
}

/**
 * The same, to be left at each `yield` when others are waiting: there is one every half a millisecond or so, and none further
 * than some 10 ms from the one before, whatever the events. All in all it takes time in proportion to the conflicting events, the
 * two sets and their auth_events, and n log n for their orderings: some 10 µs for each of 10,000 power events.
 */
export function* resolveStateInSteps(input: StateResolutionInput): Steps<StateEntry[]> {
  if (input.conflicts.length === 0) return [];
  return yield* input.rules.stateResolution === 'v1' ? resolveV1(input) : resolveV2(input);
}

/** What whole states agree and disagree on. */
export type SeparatedStates = {
  readonly unconflicted: ReadonlyMap<string, StateEntry>;
  readonly conflicts: readonly StateConflict[];
};

/** Compares whole states entry by entry; a server that keeps states as trees has a cheaper way. */
export function separateStates(states: readonly Iterable<StateEntry>[]): SeparatedStates {
  const byKey = new Map<string, StateEntry[]>();
  for (const state of states) {
    for (const entry of state) {
      const key = stateMapKey(entry.type, entry.stateKey);
      const entries = byKey.get(key);
      if (entries === undefined) byKey.set(key, [entry]);
      else entries.push(entry);
    }
  }
  const unconflicted = new Map<string, StateEntry>();
  const conflicts: StateConflict[] = [];
  for (const [key, entries] of byKey) {
    const [first] = entries;
    if (first === undefined) continue;
    const eventIds = [...new Set(entries.map(({ eventId }) => eventId))];
    if (eventIds.length === 1 && entries.length === states.length) unconflicted.set(key, first);
    else conflicts.push({ type: first.type, stateKey: first.stateKey, eventIds });
  }
  return { unconflicted, conflicts };
}

export type WholeStates = {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  readonly states: readonly (readonly StateEntry[])[];
  /** Must find every event of the states and of their auth chains. */
  readonly event: EventLookup;
};

/** The resolution of whole states, for those without indexes of states and auth chains: it walks all of both. */
export function resolveWholeStates({ rules, roomId, states, event }: WholeStates): StateEntry[] {
  const { unconflicted, conflicts } = separateStates(states);
  const authEventsOf = (eventId: EventId) => event(eventId)?.pdu.authEvents ?? [];
  const ids = states.map((state) => state.map(({ eventId }) => eventId));
  const resolved = resolveState({
    rules,
    roomId,
    conflicts,
    unconflicted: (type, stateKey) => unconflicted.get(stateMapKey(type, stateKey))?.eventId,
    authDifference: authDifference(ids, authEventsOf),
    conflictedSubgraph: conflictedSubgraph(new Set(conflicts.flatMap(({ eventIds }) => eventIds)), authEventsOf),
    event,
  });
  return [...unconflicted.values(), ...resolved];
}
