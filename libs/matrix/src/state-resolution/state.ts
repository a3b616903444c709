import type { KnownEvent } from '../events/pdu.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomId } from '../identifiers/room-id.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';

/** An entry of a room's state. */
export type StateEntry = { readonly type: string; readonly stateKey: string; readonly eventId: EventId };

/** A key on which states disagree, or which some do not have, with the different events they have. In every room version. */
export type StateConflict = {
  readonly type: string;
  readonly stateKey: string;
  readonly eventIds: readonly EventId[];
};

/**
 * Finds events that the caller has loaded; those it does not find are left out of the resolution. So must be what was rejected
 * by its auth_events; what was rejected by the state before it may be let in. Room version 12, "Rejected events".
 */
export type EventLookup = (eventId: EventId) => KnownEvent | undefined;

/** What the resolution of states is made of. Its costs depend on the conflicts, not on how large the states are. */
export type StateResolutionInput = {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  readonly conflicts: readonly StateConflict[];
  /** The event that all states have for a key. */
  readonly unconflicted: (type: string, stateKey: string) => EventId | undefined;
  /** Not looked at in room version 1. */
  readonly authDifference: ReadonlySet<EventId>;
  /** Not looked at before room version 12. */
  readonly conflictedSubgraph: ReadonlySet<EventId>;
  /**
   * Must find the conflicting events and those of the two sets, the auth_events of all these, the unconflicted events of the
   * keys that authorise them (authEventKeys, in versions 1 to 11), the power levels in their auth chains, and in room version
   * 12 the create event, which no auth_events lead to.
   */
  readonly event: EventLookup;
};
