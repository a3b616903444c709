import { authorise } from '../auth-rules/authorise.ts';
import { userPowerLevel } from '../auth-rules/power-levels.ts';
import { compareCodePoints } from '../canonical-json/canonical-json.ts';
import type { Pdu } from '../events/pdu.ts';
import { stateMapKey } from '../events/state-map-key.ts';
import { createEventOfRoomId, type EventId } from '../identifiers/event-id.ts';
import type { WholeStates } from './resolve.ts';
import type { StateEntry } from './state.ts';

/**
 * For tests: state resolution v2 and v2.1 sentence by sentence, on whole sets and lists, without regard to what it costs. The
 * resolver must give the same.
 */
export function resolveByTheBook({ rules, roomId, states, event }: WholeStates): StateEntry[] {
  const pduOf = (id: EventId): Pdu => {
    const known = event(id);
    if (known === undefined) throw new Error(`unknown ${id}`);
    return known.pdu;
  };
  const authEventsOf = (pdu: Pdu): Pdu[] => pdu.authEvents.map(pduOf);
  const chain = (pdu: Pdu): Set<Pdu> => new Set(authEventsOf(pdu).flatMap((each) => [each, ...chain(each)]));
  const byVersion = rules.stateResolution === 'v2.1';

  const keys = new Set(states.flatMap((state) => state.map((entry) => stateMapKey(entry.type, entry.stateKey))));
  const unconflicted = new Map<string, StateEntry>();
  const conflicted = new Set<Pdu>();
  for (const key of keys) {
    const values = states.map((state) => state.find((entry) => stateMapKey(entry.type, entry.stateKey) === key));
    const [first] = values;
    if (first !== undefined && values.every((value) => value?.eventId === first.eventId)) unconflicted.set(key, first);
    else for (const value of values) if (value !== undefined) conflicted.add(pduOf(value.eventId));
  }
  if (conflicted.size === 0) return [...unconflicted.values()];

  const chains = states.map((state) => new Set(state.flatMap((entry) => [...chain(pduOf(entry.eventId))])));
  const union = new Set(chains.flatMap((each) => [...each]));
  const difference = [...union].filter((pdu) => !chains.every((each) => each.has(pdu)));
  const subgraph = [...union].filter(
    (pdu) =>
      [...conflicted].some((from) => from !== pdu && chain(from).has(pdu)) &&
      [...chain(pdu)].some((to) => conflicted.has(to)),
  );
  const full = new Set([...conflicted, ...difference, ...(byVersion ? subgraph : [])]);

  const isPower = ({ type, stateKey, sender, content }: Pdu) =>
    (['m.room.power_levels', 'm.room.join_rules'].includes(type) && stateKey === '') ||
    (type === 'm.room.member' && sender !== stateKey && ['leave', 'ban'].includes(String(content['membership'])));
  const inSet = (pdu: Pdu): Pdu[] =>
    authEventsOf(pdu)
      .filter((each) => full.has(each))
      .flatMap((each) => [each, ...inSet(each)]);
  const powerEvents = new Set([...full].filter(isPower).flatMap((pdu) => [pdu, ...inSet(pdu)]));

  const find = (pdus: Pdu[], type: string, stateKey: string) =>
    pdus.find((pdu) => pdu.type === type && pdu.stateKey === stateKey);
  const creation = (pdu: Pdu): Pdu | undefined => {
    const id = createEventOfRoomId(roomId);
    return id === undefined ? find(authEventsOf(pdu), 'm.room.create', '') : pduOf(id);
  };
  const power = (pdu: Pdu) =>
    userPowerLevel(pdu.sender, {
      create: creation(pdu),
      powerLevels: find(authEventsOf(pdu), 'm.room.power_levels', ''),
      rules,
    });
  const age = (a: Pdu, b: Pdu) => a.originServerTs - b.originServerTs || compareCodePoints(a.eventId, b.eventId);
  const powerOrder: Pdu[] = [];
  while (powerOrder.length < powerEvents.size) {
    const left = [...powerEvents].filter((pdu) => !powerOrder.includes(pdu));
    const candidates = left.filter((pdu) => !authEventsOf(pdu).some((each) => left.includes(each)));
    candidates.sort((a, b) => (power(a) === power(b) ? age(a, b) : power(b) - power(a)));
    powerOrder.push(...candidates.slice(0, 1));
  }

  const state = new Map<string, Pdu>();
  if (!byVersion) for (const [key, entry] of unconflicted) state.set(key, pduOf(entry.eventId));
  const apply = (pdu: Pdu) => {
    const cited = authEventsOf(pdu).filter((each) => event(each.eventId)?.rejected === false);
    const lookup = (type: string, stateKey: string) =>
      state.get(stateMapKey(type, stateKey)) ??
      (type === 'm.room.create' ? creation(pdu) : find(cited, type, stateKey));
    if (pdu.stateKey !== undefined && authorise(pdu, lookup, rules).allowed)
      state.set(stateMapKey(pdu.type, pdu.stateKey), pdu);
  };
  for (const pdu of powerOrder) apply(pdu);

  const levels = (pdu: Pdu | undefined): Pdu[] => {
    const next = pdu === undefined ? undefined : find(authEventsOf(pdu), 'm.room.power_levels', '');
    return next === undefined ? [] : [next, ...levels(next)];
  };
  const resolved = state.get(stateMapKey('m.room.power_levels', ''));
  const mainline = resolved === undefined ? [] : [resolved, ...levels(resolved)];
  const position = (pdu: Pdu) => {
    const at = levels(pdu)
      .map((each) => mainline.indexOf(each))
      .find((index) => index >= 0);
    return at ?? Number.MAX_SAFE_INTEGER;
  };
  const rest = [...full].filter((pdu) => !powerEvents.has(pdu));
  rest.sort((a, b) => position(b) - position(a) || age(a, b));
  for (const pdu of rest) apply(pdu);

  const entries = new Map<string, StateEntry>();
  for (const [key, pdu] of state)
    entries.set(key, { type: pdu.type, stateKey: pdu.stateKey ?? '', eventId: pdu.eventId });
  for (const [key, entry] of unconflicted) entries.set(key, entry);
  return [...entries.values()];
}
