import { hash } from 'node:crypto';
import { authorise } from '../auth-rules/authorise.ts';
import type { Pdu } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import type { StateConflict, StateEntry, StateResolutionInput } from './state.ts';
import { Pace, type Steps, sortInSteps } from './steps.ts';
import { unitsToAuthorise } from './units.ts';

/** The passes in their order: each type is judged by what the passes before it have settled. */
const authTypes = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'];

/** State resolution of room version 1. */
export function* resolveV1(input: StateResolutionInput): Steps<StateEntry[]> {
  const resolution = new Resolution(input);
  const conflicts = yield* resolution.settleWhatIsNoConflict();
  for (const type of authTypes) {
    const ofType = conflicts.filter((conflict) => conflict.type === type);
    yield* resolution.pass(ofType, (ascending) => resolution.lastInAllowedRun(ascending));
  }
  const others = conflicts.filter((conflict) => !authTypes.includes(conflict.type));
  yield* resolution.pass(others, (ascending) => resolution.highestAllowed(ascending));
  return yield* resolution.result();
}

class Resolution {
  readonly #input: StateResolutionInput;
  readonly #settled = new Map<string, Pdu>();
  readonly #pace = new Pace();

  constructor(input: StateResolutionInput) {
    this.#input = input;
  }

  /**
   * In this version states conflict where they have different events; what only some of them have is part of the state from
   * the start, and what the conflicts are judged by. Answers the conflicts that are left.
   */
  *settleWhatIsNoConflict(): Steps<StateConflict[]> {
    const conflicts: StateConflict[] = [];
    for (const conflict of this.#input.conflicts) {
      const [only, ...others] = conflict.eventIds;
      const event = only === undefined || others.length > 0 ? undefined : this.#input.event(only)?.pdu;
      if (event === undefined) conflicts.push(conflict);
      else this.#settle(event);
      if (this.#pace.isTimeToYield(1)) yield;
    }
    return conflicts;
  }

  /** Settles the conflicts of one kind, all by the state that the passes before have left. */
  *pass(conflicts: readonly StateConflict[], choose: (ascending: Pdu[]) => Steps<Pdu | undefined>): Steps<void> {
    const chosen: Pdu[] = [];
    for (const conflict of conflicts) {
      const event = yield* choose(yield* this.#byDepth(conflict));
      if (event !== undefined) chosen.push(event);
    }
    for (const event of chosen) {
      this.#settle(event);
      if (this.#pace.isTimeToYield(1)) yield;
    }
  }

  /** Upwards from the lowest depth as long as each is allowed on top of the one before. */
  *lastInAllowedRun(ascending: Pdu[]): Steps<Pdu | undefined> {
    let last: Pdu | undefined;
    for (const event of ascending) {
      if (last !== undefined && !this.#isAllowed(event, last)) break;
      last = event;
      if (this.#pace.isTimeToYield(unitsToAuthorise(event))) yield;
    }
    return last;
  }

  /** Downwards from the highest depth to the first that is allowed; the lowest when none is. */
  *highestAllowed(ascending: Pdu[]): Steps<Pdu | undefined> {
    for (const event of ascending.toReversed()) {
      if (this.#isAllowed(event, undefined)) return event;
      if (this.#pace.isTimeToYield(unitsToAuthorise(event))) yield;
    }
    return ascending[0];
  }

  *result(): Steps<StateEntry[]> {
    const entries: StateEntry[] = [];
    for (const { type, stateKey, eventId } of this.#settled.values()) {
      if (stateKey !== undefined) entries.push({ type, stateKey, eventId });
      if (this.#pace.isTimeToYield(1)) yield;
    }
    return entries;
  }

  #settle(event: Pdu): void {
    if (event.stateKey !== undefined) this.#settled.set(stateMapKey(event.type, event.stateKey), event);
  }

  /** Whether an event is allowed when `replacing`, of the same key, is in the state. */
  #isAllowed(event: Pdu, replacing: Pdu | undefined): boolean {
    const state = (type: string, stateKey: string) => {
      if (replacing !== undefined && replacing.type === type && replacing.stateKey === stateKey) return replacing;
      const known = this.#settled.get(stateMapKey(type, stateKey));
      const eventId = known === undefined ? this.#input.unconflicted(type, stateKey) : undefined;
      return known ?? (eventId === undefined ? undefined : this.#input.event(eventId)?.pdu);
    };
    return authorise(event, state, this.#input.rules).allowed;
  }

  /** By ascending depth, then by descending SHA-1 of the id. */
  *#byDepth(conflict: StateConflict): Steps<Pdu[]> {
    const events: { event: Pdu; digest: string }[] = [];
    for (const eventId of conflict.eventIds) {
      const event = this.#input.event(eventId)?.pdu;
      if (event !== undefined) events.push({ event, digest: hash('sha1', eventId, 'hex') });
      if (this.#pace.isTimeToYield(1)) yield;
    }
    const compare = (a: { event: Pdu; digest: string }, b: { event: Pdu; digest: string }) =>
      a.event.depth - b.event.depth || (a.digest < b.digest ? 1 : -1);
    return (yield* sortInSteps(events, compare, this.#pace)).map(({ event }) => event);
  }
}
