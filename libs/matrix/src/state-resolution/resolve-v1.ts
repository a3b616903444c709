import { hash } from 'node:crypto';
import { authorise } from '../auth-rules/authorise.ts';
import type { Pdu } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import type { StateConflict, StateEntry, StateResolutionInput } from './state.ts';

/** The passes in their order: each type is judged by what the passes before it have settled. */
const authTypes = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'];

/** State resolution of room version 1. */
export function resolveV1(input: StateResolutionInput): StateEntry[] {
  const settled = new Map<string, Pdu>();
  for (const type of authTypes) pass(input, settled, (conflict) => conflict.type === type, lastInAllowedRun);
  pass(input, settled, (conflict) => !authTypes.includes(conflict.type), highestAllowed);
  return [...settled.values()].map(({ type, stateKey, eventId }) => ({ type, stateKey: stateKey ?? '', eventId }));
}

/** Whether an event is allowed when `replacing`, of the same key, is in the state. */
type Judge = (event: Pdu, replacing: Pdu | undefined) => boolean;

/** Settles the conflicts of one kind, all by the state that the passes before have left. */
function pass(
  input: StateResolutionInput,
  settled: Map<string, Pdu>,
  isOfPass: (conflict: StateConflict) => boolean,
  choose: (ascending: Pdu[], judge: Judge) => Pdu | undefined,
): void {
  const chosen: Pdu[] = [];
  for (const conflict of input.conflicts.filter(isOfPass)) {
    const event = choose(byDepth(conflict, input), (candidate, replacing) =>
      isAllowed(candidate, replacing, input, settled),
    );
    if (event !== undefined) chosen.push(event);
  }
  for (const event of chosen) settled.set(stateMapKey(event.type, event.stateKey ?? ''), event);
}

/** Upwards from the lowest depth as long as each is allowed on top of the one before. */
function lastInAllowedRun(ascending: Pdu[], judge: Judge): Pdu | undefined {
  let last: Pdu | undefined;
  for (const event of ascending) {
    if (last !== undefined && !judge(event, last)) break;
    last = event;
  }
  return last;
}

/** Downwards from the highest depth to the first that is allowed; the lowest when none is. */
function highestAllowed(ascending: Pdu[], judge: Judge): Pdu | undefined {
  return ascending.findLast((event) => judge(event, undefined)) ?? ascending[0];
}

function isAllowed(
  event: Pdu,
  replacing: Pdu | undefined,
  input: StateResolutionInput,
  settled: Map<string, Pdu>,
): boolean {
  const state = (type: string, stateKey: string) => {
    if (replacing !== undefined && replacing.type === type && replacing.stateKey === stateKey) return replacing;
    const known = settled.get(stateMapKey(type, stateKey));
    const eventId = known === undefined ? input.unconflicted(type, stateKey) : undefined;
    return known ?? (eventId === undefined ? undefined : input.event(eventId)?.pdu);
  };
  return authorise(event, state, input.rules).allowed;
}

/** By ascending depth, then by descending SHA-1 of the id. */
function byDepth(conflict: StateConflict, input: StateResolutionInput): Pdu[] {
  const events = conflict.eventIds.flatMap((eventId) => input.event(eventId)?.pdu ?? []);
  const sorted = events.map((event) => ({ event, digest: hash('sha1', event.eventId, 'hex') }));
  sorted.sort((a, b) => a.event.depth - b.event.depth || (a.digest < b.digest ? 1 : -1));
  return sorted.map(({ event }) => event);
}
