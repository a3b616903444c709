import { authorise } from '../auth-rules/authorise.ts';
import { userPowerLevel } from '../auth-rules/power-levels.ts';
import { ownValue } from '../canonical-json/json-value.ts';
import type { Pdu } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import { createEventOfRoomId, type EventId } from '../identifiers/event-id.ts';
import { mainlineOrder } from './mainline.ts';
import { compareAge, topologicalOrder } from './power-ordering.ts';
import type { StateEntry, StateResolutionInput } from './state.ts';

/** State resolution of room versions 2 to 12: v2, and v2.1 where the rules say so. */
export function resolveV2(input: StateResolutionInput): StateEntry[] {
  const resolution = new Resolution(input);
  const full = fullConflictedSet(input);
  const powerEvents = resolution.powerEventsWithChains(full);
  resolution.applyAllowed(resolution.powerOrder(powerEvents));
  const rest = [...full.values()].filter((event) => !powerEvents.has(event.eventId));
  resolution.applyAllowed(resolution.mainlineOrder(rest));
  return resolution.result();
}

/** The state events of the full conflicted set that are known. */
function fullConflictedSet(input: StateResolutionInput): Map<EventId, Pdu> {
  const full = new Map<EventId, Pdu>();
  const add = (eventId: EventId) => {
    const known = input.event(eventId);
    if (known !== undefined && known.pdu.stateKey !== undefined) full.set(eventId, known.pdu);
  };
  for (const { eventIds } of input.conflicts) eventIds.forEach(add);
  input.authDifference.forEach(add);
  if (input.rules.stateResolution === 'v2.1') input.conflictedSubgraph.forEach(add);
  return full;
}

/** One run of the algorithm: the state as it is being built. */
class Resolution {
  readonly #input: StateResolutionInput;
  readonly #built = new Map<string, Pdu>();
  readonly #startsEmpty: boolean;

  constructor(input: StateResolutionInput) {
    this.#input = input;
    this.#startsEmpty = input.rules.stateResolution === 'v2.1';
  }

  /**
   * The power events, and what of their auth chains is in the full conflicted set. Chains are followed inside the set only,
   * as the servers in use do; the specification's words would also reach a conflicting event through events outside it.
   */
  powerEventsWithChains(full: ReadonlyMap<EventId, Pdu>): Map<EventId, Pdu> {
    const found = new Map<EventId, Pdu>();
    for (const event of full.values()) if (isPowerEvent(event)) found.set(event.eventId, event);
    for (const event of found.values()) {
      for (const eventId of event.authEvents) {
        const authEvent = full.get(eventId);
        if (authEvent !== undefined) found.set(eventId, authEvent);
      }
    }
    return found;
  }

  powerOrder(events: ReadonlyMap<EventId, Pdu>): Pdu[] {
    const powers = new Map<EventId, number>();
    for (const event of events.values()) powers.set(event.eventId, this.#senderPower(event));
    const power = (event: Pdu) => powers.get(event.eventId) ?? 0;
    return topologicalOrder(events, (a, b) => (power(a) === power(b) ? compareAge(a, b) : power(b) - power(a)));
  }

  mainlineOrder(events: readonly Pdu[]): Pdu[] {
    const resolved = this.#stateSoFar('m.room.power_levels', '');
    return mainlineOrder(events, resolved, (event) => this.#authEvent(event, 'm.room.power_levels', '', false));
  }

  /** The iterative auth checks algorithm. */
  applyAllowed(events: readonly Pdu[]): void {
    for (const event of events) {
      const state = (type: string, stateKey: string) =>
        this.#stateSoFar(type, stateKey) ?? this.#authEvent(event, type, stateKey, true);
      if (event.stateKey !== undefined && authorise(event, state, this.#input.rules).allowed)
        this.#built.set(stateMapKey(event.type, event.stateKey), event);
    }
  }

  /** What was built, except where all states agreed anyway. */
  result(): StateEntry[] {
    const entries: StateEntry[] = [];
    for (const { type, stateKey, eventId } of this.#built.values()) {
      if (stateKey !== undefined && this.#input.unconflicted(type, stateKey) === undefined)
        entries.push({ type, stateKey, eventId });
    }
    return entries;
  }

  #stateSoFar(type: string, stateKey: string): Pdu | undefined {
    const built = this.#built.get(stateMapKey(type, stateKey));
    if (built !== undefined || this.#startsEmpty) return built;
    const eventId = this.#input.unconflicted(type, stateKey);
    return eventId === undefined ? undefined : this.#input.event(eventId)?.pdu;
  }

  /** The event of a key among an event's auth_events; the create event of version 12 is named by the room id instead. */
  #authEvent(event: Pdu, type: string, stateKey: string, unlessRejected: boolean): Pdu | undefined {
    const { rules, roomId } = this.#input;
    const create = type === 'm.room.create' && !rules.createInAuthEvents ? createEventOfRoomId(roomId) : undefined;
    for (const eventId of create === undefined ? event.authEvents : [create]) {
      const known = this.#input.event(eventId);
      if (known === undefined || (unlessRejected && known.rejected)) continue;
      if (known.pdu.type === type && known.pdu.stateKey === stateKey) return known.pdu;
    }
    return undefined;
  }

  #senderPower(event: Pdu): number {
    const create = this.#authEvent(event, 'm.room.create', '', false);
    const powerLevels = this.#authEvent(event, 'm.room.power_levels', '', false);
    return userPowerLevel(event.sender, { create, powerLevels, rules: this.#input.rules });
  }
}

/** Room version 2, "Power events". */
function isPowerEvent({ type, stateKey, sender, content }: Pdu): boolean {
  if (type === 'm.room.power_levels' || type === 'm.room.join_rules') return stateKey === '';
  if (type !== 'm.room.member' || stateKey === sender) return false;
  const membership = ownValue(content, 'membership');
  return membership === 'leave' || membership === 'ban';
}
