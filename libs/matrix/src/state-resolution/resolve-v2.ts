import { authEventKeys } from '../auth-rules/auth-events.ts';
import { authorise } from '../auth-rules/authorise.ts';
import { userPowerLevel } from '../auth-rules/power-levels.ts';
import { ownValue } from '../canonical-json/json-value.ts';
import type { KnownEvent, Pdu } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import type { EventId } from '../identifiers/event-id.ts';
import { createEventOfRoomId } from '../identifiers/room-id.ts';
import { mainlineOrder } from './mainline.ts';
import { compareAge, topologicalOrder } from './power-ordering.ts';
import type { StateEntry, StateResolutionInput } from './state.ts';
import { Pace, type Steps } from './steps.ts';
import { unitsToAuthorise } from './units.ts';

/** State resolution of room versions 2 to 12: v2, and v2.1 where the rules say so. */
export function* resolveV2(input: StateResolutionInput): Steps<StateEntry[]> {
  const resolution = new Resolution(input);
  const full = yield* resolution.fullConflictedSet();
  const powerEvents = yield* resolution.powerEventsWithChains(full);
  yield* resolution.applyAllowed(yield* resolution.powerOrder(powerEvents));
  for (const eventId of powerEvents.keys()) full.delete(eventId);
  yield* resolution.applyAllowed(yield* resolution.mainlineOrder(full.values()));
  return yield* resolution.result();
}

/** One run of the algorithm: the state as it is being built. */
class Resolution {
  readonly #input: StateResolutionInput;
  readonly #built = new Map<string, Pdu>();
  /** Each event is asked for what it cites three times. */
  readonly #citedBy = new Map<Pdu, readonly KnownEvent[]>();
  readonly #startsEmpty: boolean;
  /** The create event where it is named by the room id and not by auth_events. */
  readonly #create: KnownEvent | undefined;
  readonly #pace = new Pace();

  constructor(input: StateResolutionInput) {
    this.#input = input;
    this.#startsEmpty = input.rules.stateResolution === 'v2.1';
    const create = input.rules.createInAuthEvents ? undefined : createEventOfRoomId(input.roomId);
    this.#create = create === undefined ? undefined : input.event(create);
  }

  /** The state events of the full conflicted set that are known. */
  *fullConflictedSet(): Steps<Map<EventId, Pdu>> {
    const { conflicts, authDifference, conflictedSubgraph, rules } = this.#input;
    const full = new Map<EventId, Pdu>();
    for (const { eventIds } of conflicts) yield* this.#addStateEvents(full, eventIds);
    yield* this.#addStateEvents(full, authDifference);
    if (rules.stateResolution === 'v2.1') yield* this.#addStateEvents(full, conflictedSubgraph);
    return full;
  }

  /**
   * The power events, and what of their auth chains is in the full conflicted set. Chains are followed inside the set only.
   * The specification's words ("the events in the auth chain of P which also belong to the full conflicted set") also reach
   * an event through others that are outside. Synapse (`_add_event_and_auth_chain_to_graph`), gomatrixserverlib
   * (`fullControlSet`) and ruma-state-res (`add_event_and_auth_chain_to_graph`) all stop at the edge, and that servers agree
   * matters more. In v2.1 there is no difference: what lies between belongs to the conflicted subgraph. In v2 there is one
   * only where a conflicting event is in the auth chains of all the states.
   */
  *powerEventsWithChains(full: ReadonlyMap<EventId, Pdu>): Steps<Map<EventId, Pdu>> {
    const found = new Map<EventId, Pdu>();
    for (const event of full.values()) {
      if (isPowerEvent(event)) found.set(event.eventId, event);
      if (this.#pace.isTimeToYield(1)) yield;
    }
    for (const event of found.values()) {
      for (const eventId of event.authEvents) {
        const authEvent = full.get(eventId);
        if (authEvent !== undefined) found.set(eventId, authEvent);
      }
      if (this.#pace.isTimeToYield(1)) yield;
    }
    return found;
  }

  *powerOrder(events: ReadonlyMap<EventId, Pdu>): Steps<Pdu[]> {
    const powers = new Map<EventId, number>();
    for (const event of events.values()) {
      powers.set(event.eventId, this.#senderPower(event));
      if (this.#pace.isTimeToYield(1)) yield;
    }
    const power = (event: Pdu) => powers.get(event.eventId) ?? 0;
    const compare = (a: Pdu, b: Pdu) => (power(a) === power(b) ? compareAge(a, b) : power(b) - power(a));
    return yield* topologicalOrder(events, compare, this.#pace);
  }

  *mainlineOrder(events: Iterable<Pdu>): Steps<Pdu[]> {
    const resolved = this.#stateSoFar('m.room.power_levels', '');
    const powerLevelsOf = (event: Pdu) => ofKey(this.#cited(event), 'm.room.power_levels', '')?.pdu;
    return yield* mainlineOrder(events, resolved, powerLevelsOf, this.#pace);
  }

  /** The iterative auth checks algorithm. */
  *applyAllowed(events: readonly Pdu[]): Steps<void> {
    for (const event of events) {
      if (event.stateKey !== undefined && this.#isAllowed(event))
        this.#built.set(stateMapKey(event.type, event.stateKey), event);
      if (this.#pace.isTimeToYield(unitsToAuthorise(event))) yield;
    }
  }

  /** What was built, except where all states agreed anyway. */
  *result(): Steps<StateEntry[]> {
    const entries: StateEntry[] = [];
    for (const { type, stateKey, eventId } of this.#built.values()) {
      if (stateKey !== undefined && this.#input.unconflicted(type, stateKey) === undefined)
        entries.push({ type, stateKey, eventId });
      if (this.#pace.isTimeToYield(1)) yield;
    }
    return entries;
  }

  /** By the state being built and, where that has nothing, by those of its own auth_events that were not rejected. */
  #isAllowed(event: Pdu): boolean {
    if (event.type === 'm.room.power_levels' && this.#standsOnItsAuthEvents(event)) return true;
    const cited = this.#cited(event).filter(({ rejected }) => !rejected);
    const state = (type: string, stateKey: string) =>
      this.#stateSoFar(type, stateKey) ?? ofKey(cited, type, stateKey)?.pdu;
    return authorise(event, state, this.#input.rules).allowed;
  }

  /**
   * Whether the event was not rejected and would be judged by its own auth_events again, which allowed it then: so is most of a chain of power
   * levels, and these are dear to judge, since all their entries are compared.
   */
  #standsOnItsAuthEvents(event: Pdu): boolean {
    if (this.#input.event(event.eventId)?.rejected !== false) return false;
    const cited = this.#cited(event);
    return [CREATE, ...authEventKeys(event, this.#input.rules)].every(([type, stateKey]) => {
      const now = this.#stateSoFar(type, stateKey);
      return now === undefined || now.eventId === ofKey(cited, type, stateKey)?.pdu.eventId;
    });
  }

  *#addStateEvents(full: Map<EventId, Pdu>, eventIds: Iterable<EventId>): Steps<void> {
    for (const eventId of eventIds) {
      const known = this.#input.event(eventId);
      if (known !== undefined && known.pdu.stateKey !== undefined) full.set(eventId, known.pdu);
      if (this.#pace.isTimeToYield(1)) yield;
    }
  }

  #stateSoFar(type: string, stateKey: string): Pdu | undefined {
    const built = this.#built.get(stateMapKey(type, stateKey));
    if (built !== undefined || this.#startsEmpty) return built;
    const eventId = this.#input.unconflicted(type, stateKey);
    return eventId === undefined ? undefined : this.#input.event(eventId)?.pdu;
  }

  /**
   * An event's auth_events, as far as they are known; with the create event of version 12, which is named by the room id
   * instead and which the rules ask for in every version.
   */
  #cited(event: Pdu): readonly KnownEvent[] {
    const before = this.#citedBy.get(event);
    if (before !== undefined) return before;
    const cited = this.#create === undefined ? [] : [this.#create];
    for (const eventId of event.authEvents) {
      const known = this.#input.event(eventId);
      if (known !== undefined) cited.push(known);
    }
    this.#citedBy.set(event, cited);
    return cited;
  }

  #senderPower(event: Pdu): number {
    const cited = this.#cited(event);
    const create = ofKey(cited, 'm.room.create', '')?.pdu;
    const powerLevels = ofKey(cited, 'm.room.power_levels', '')?.pdu;
    return userPowerLevel(event.sender, { create, powerLevels, rules: this.#input.rules });
  }
}

function ofKey(events: readonly KnownEvent[], type: string, stateKey: string): KnownEvent | undefined {
  return events.find(({ pdu }) => pdu.type === type && pdu.stateKey === stateKey);
}

const CREATE = ['m.room.create', ''] as const;

/** Room version 2, "Power events". */
function isPowerEvent({ type, stateKey, sender, content }: Pdu): boolean {
  if (type === 'm.room.power_levels' || type === 'm.room.join_rules') return stateKey === '';
  if (type !== 'm.room.member' || stateKey === sender) return false;
  const membership = ownValue(content, 'membership');
  return membership === 'leave' || membership === 'ban';
}
