import { hash } from 'node:crypto';
import { authorise } from '../src/auth-rules/authorise.ts';
import { userPowerLevel } from '../src/auth-rules/power-levels.ts';
import { compareCodePoints } from '../src/canonical-json/canonical-json.ts';
import type { Pdu } from '../src/events/pdu.ts';
import { stateMapKey } from '../src/events/state-map-key.ts';
import type { EventId } from '../src/identifiers/event-id.ts';
import { createEventOfRoomId } from '../src/identifiers/room-id.ts';
import type { WholeStates } from '../src/state-resolution/resolve.ts';
import type { StateEntry } from '../src/state-resolution/state.ts';

/**
 * For tests: state resolution v2 and v2.1 sentence by sentence, on whole sets and lists, without regard to what it costs. The
 * resolver must give the same.
 */
export function resolveByTheBook(input: WholeStates): StateEntry[] {
  const graph = new Graph(input);
  const { unconflicted, conflicted } = separated(input, graph);
  if (conflicted.size === 0) return [...unconflicted.values()];
  const isV21 = input.rules.stateResolution === 'v2.1';
  const full = fullConflictedSet(input, graph, conflicted, isV21);
  const inSet = (pdu: Pdu): Pdu[] =>
    graph
      .authEventsOf(pdu)
      .filter((each) => full.has(each))
      .flatMap((each) => [each, ...inSet(each)]);
  // In v2.1 by the words, which come to the same there; in v2 as servers do (see resolve-v2.ts).
  const chainInSet = (pdu: Pdu): Pdu[] => (isV21 ? [...graph.chain(pdu)].filter((each) => full.has(each)) : inSet(pdu));
  const powerEvents = new Set([...full].filter(isPowerEvent).flatMap((pdu) => [pdu, ...chainInSet(pdu)]));

  const state = new Map<string, Pdu>();
  if (!isV21) for (const [key, entry] of unconflicted) state.set(key, graph.pduOf(entry.eventId));
  for (const pdu of powerOrder(powerEvents, graph)) apply(pdu, state, input, graph);
  const rest = [...full].filter((pdu) => !powerEvents.has(pdu));
  for (const pdu of mainlineOrder(rest, state.get(stateMapKey('m.room.power_levels', '')), graph))
    apply(pdu, state, input, graph);

  const entries = new Map<string, StateEntry>();
  for (const [key, pdu] of state)
    entries.set(key, { type: pdu.type, stateKey: pdu.stateKey ?? '', eventId: pdu.eventId });
  for (const [key, entry] of unconflicted) entries.set(key, entry);
  return [...entries.values()];
}

/** State resolution v1 in the same way. Room version 1, "State resolution". */
export function resolveFirstByTheBook(input: WholeStates): StateEntry[] {
  const graph = new Graph(input);
  const resolved = new Map<string, Pdu>();
  const conflicting = new Map<string, Pdu[]>();
  for (const [key, ids] of Map.groupBy(input.states.flat(), (entry) => stateMapKey(entry.type, entry.stateKey))) {
    const different = [...new Set(ids.map(({ eventId }) => eventId))].map((id) => graph.pduOf(id));
    if (different.length > 1) conflicting.set(key, different);
    else for (const pdu of different) resolved.set(key, pdu);
  }
  const sha1 = (pdu: Pdu) => hash('sha1', pdu.eventId, 'hex');
  const isAllowed = (pdu: Pdu, candidate?: Pdu) => {
    const state = new Map(resolved);
    if (candidate !== undefined) state.set(stateMapKey(candidate.type, candidate.stateKey ?? ''), candidate);
    return authorise(pdu, (type, stateKey) => state.get(stateMapKey(type, stateKey)), input.rules).allowed;
  };
  const pass = (isOfPass: (type: string) => boolean, choose: (list: Pdu[]) => Pdu | undefined) => {
    const chosen = [...conflicting].map(([key, pdus]) => {
      const list = pdus.toSorted((a, b) => a.depth - b.depth || (sha1(a) < sha1(b) ? 1 : -1));
      return { key, pdu: isOfPass(list[0]?.type ?? '') ? choose(list) : undefined };
    });
    for (const { key, pdu } of chosen) if (pdu !== undefined) resolved.set(key, pdu);
  };
  const types = ['m.room.power_levels', 'm.room.join_rules', 'm.room.member'];
  for (const each of types)
    pass(
      (type) => type === each,
      ([first, ...rest]) => {
        let candidate = first;
        for (const pdu of rest) {
          if (!isAllowed(pdu, candidate)) break;
          candidate = pdu;
        }
        return candidate;
      },
    );
  pass(
    (type) => !types.includes(type),
    (list) => list.findLast((pdu) => isAllowed(pdu)) ?? list[0],
  );
  return Array.from(resolved.values(), ({ type, stateKey, eventId }) => ({ type, stateKey: stateKey ?? '', eventId }));
}

/** The events and what they cite. */
class Graph {
  readonly #input: WholeStates;
  readonly #chains = new Map<EventId, Set<Pdu>>();

  constructor(input: WholeStates) {
    this.#input = input;
  }

  pduOf(id: EventId): Pdu {
    const known = this.#input.event(id);
    if (known === undefined) throw new Error(`unknown ${id}`);
    return known.pdu;
  }

  authEventsOf(pdu: Pdu): Pdu[] {
    return pdu.authEvents.map((id) => this.pduOf(id));
  }

  chain(pdu: Pdu): Set<Pdu> {
    const known = this.#chains.get(pdu.eventId);
    const chain = known ?? new Set(this.authEventsOf(pdu).flatMap((each) => [each, ...this.chain(each)]));
    this.#chains.set(pdu.eventId, chain);
    return chain;
  }

  createOf(pdu: Pdu): Pdu | undefined {
    const id = createEventOfRoomId(this.#input.roomId);
    return id === undefined ? find(this.authEventsOf(pdu), 'm.room.create', '') : this.pduOf(id);
  }

  powerLevelsOf(pdu: Pdu): Pdu | undefined {
    return find(this.authEventsOf(pdu), 'm.room.power_levels', '');
  }

  senderPower(pdu: Pdu): number {
    const source = { create: this.createOf(pdu), powerLevels: this.powerLevelsOf(pdu), rules: this.#input.rules };
    return userPowerLevel(pdu.sender, source);
  }
}

function find(pdus: Pdu[], type: string, stateKey: string): Pdu | undefined {
  return pdus.find((pdu) => pdu.type === type && pdu.stateKey === stateKey);
}

function separated({ states }: WholeStates, graph: Graph) {
  const keys = new Set(states.flatMap((state) => state.map((entry) => stateMapKey(entry.type, entry.stateKey))));
  const unconflicted = new Map<string, StateEntry>();
  const conflicted = new Set<Pdu>();
  for (const key of keys) {
    const values = states.map((state) => state.find((entry) => stateMapKey(entry.type, entry.stateKey) === key));
    const [first] = values;
    if (first !== undefined && values.every((value) => value?.eventId === first.eventId)) unconflicted.set(key, first);
    else for (const value of values) if (value !== undefined) conflicted.add(graph.pduOf(value.eventId));
  }
  return { unconflicted, conflicted };
}

function fullConflictedSet(
  { states }: WholeStates,
  graph: Graph,
  conflicted: Set<Pdu>,
  withSubgraph: boolean,
): Set<Pdu> {
  // The events of a state with their chains, as Synapse and those after it have it; the words speak of the chains alone, and resolve otherwise.
  const chains = states.map((state) => {
    const events = state.map(({ eventId }) => graph.pduOf(eventId));
    return new Set(events.flatMap((event) => [event, ...graph.chain(event)]));
  });
  const union = new Set(chains.flatMap((each) => [...each]));
  const difference = [...union].filter((pdu) => !chains.every((each) => each.has(pdu)));
  const between = [...union].filter(
    (pdu) =>
      [...conflicted].some((from) => from !== pdu && graph.chain(from).has(pdu)) &&
      [...graph.chain(pdu)].some((to) => conflicted.has(to)),
  );
  return new Set([...conflicted, ...difference, ...(withSubgraph ? between : [])]);
}

function isPowerEvent({ type, stateKey, sender, content }: Pdu): boolean {
  const { membership } = content;
  if (['m.room.power_levels', 'm.room.join_rules'].includes(type)) return stateKey === '';
  return type === 'm.room.member' && sender !== stateKey && (membership === 'leave' || membership === 'ban');
}

function compareAge(a: Pdu, b: Pdu): number {
  return a.originServerTs - b.originServerTs || compareCodePoints(a.eventId, b.eventId);
}

function powerOrder(events: Set<Pdu>, graph: Graph): Pdu[] {
  const order: Pdu[] = [];
  while (order.length < events.size) {
    const left = [...events].filter((pdu) => !order.includes(pdu));
    const candidates = left.filter((pdu) => !graph.authEventsOf(pdu).some((each) => left.includes(each)));
    const power = (pdu: Pdu) => graph.senderPower(pdu);
    candidates.sort((a, b) => (power(a) === power(b) ? compareAge(a, b) : power(b) - power(a)));
    order.push(...candidates.slice(0, 1));
  }
  return order;
}

function mainlineOrder(events: Pdu[], resolved: Pdu | undefined, graph: Graph): Pdu[] {
  const branch = (pdu: Pdu): Pdu[] => {
    const next = graph.powerLevelsOf(pdu);
    return next === undefined ? [] : [next, ...branch(next)];
  };
  const mainline = resolved === undefined ? [] : [resolved, ...branch(resolved)];
  const position = (pdu: Pdu) =>
    branch(pdu)
      .map((each) => mainline.indexOf(each))
      .find((index) => index >= 0) ?? Number.MAX_SAFE_INTEGER;
  return events.toSorted((a, b) => position(b) - position(a) || compareAge(a, b));
}

function apply(pdu: Pdu, state: Map<string, Pdu>, { event, rules }: WholeStates, graph: Graph): void {
  const cited = graph.authEventsOf(pdu).filter((each) => event(each.eventId)?.rejected === false);
  const lookup = (type: string, stateKey: string) =>
    state.get(stateMapKey(type, stateKey)) ??
    (type === 'm.room.create' ? graph.createOf(pdu) : find(cited, type, stateKey));
  if (pdu.stateKey !== undefined && authorise(pdu, lookup, rules).allowed)
    state.set(stateMapKey(pdu.type, pdu.stateKey), pdu);
}
