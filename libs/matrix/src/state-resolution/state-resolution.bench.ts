import { CraftedRoom } from '../../test/crafted-room.ts';
import type { EventId } from '../identifiers/event-id.ts';
import { resolveStateInSteps, resolveWholeStates } from './resolve.ts';
import type { StateEntry, StateResolutionInput } from './state.ts';

/** One figure of a benchmark. */
export type Measured = { readonly name: string; readonly value: number; readonly unit: string };

const MEMBERS = 100_000;
const IN_BRANCH = 100;
const ROUNDS = 20;
const WHOLE_ROUNDS = 5;
const MiB = 2 ** 20;

/**
 * Two branches of 100 state events each in a room of 100,000 members: the resolution of what they disagree on, as a server
 * with indexes of states and auth chains asks for it, and of the two whole states. CPU of this process.
 */
export function benchStateResolution(): Measured[] {
  const { input, wholeStates } = crowdedRoom();
  const rounds = Array.from({ length: ROUNDS }, () => resolveMeasured(input));
  const whole = Array.from({ length: WHOLE_ROUNDS }, () => {
    const before = cpuMs();
    resolveWholeStates({ ...input, states: wholeStates });
    return cpuMs() - before;
  });
  const warm = rounds.slice(ROUNDS / 2).map(({ cpu }) => cpu);
  const memory = Math.max(...rounds.map(({ bytes }) => bytes)) / MiB;
  const name = 'resolution of two branches of 100 among 100,000 members';
  return [
    { name, value: median(warm), unit: 'ms' },
    { name: `${name}: first time`, value: rounds[0]?.cpu ?? 0, unit: 'ms' },
    { name: `${name}: extra memory`, value: memory, unit: 'MB' },
    { name: `${name}: whole states, without indexes`, value: median(whole), unit: 'ms' },
  ];
}

function resolveMeasured(input: StateResolutionInput): { cpu: number; bytes: number } {
  const heap = process.memoryUsage().heapUsed;
  const before = cpuMs();
  const run = resolveStateInSteps(input);
  let bytes = 0;
  for (let done = false; !done; ) {
    done = run.next().done === true;
    bytes = Math.max(bytes, process.memoryUsage().heapUsed - heap);
  }
  return { cpu: cpuMs() - before, bytes };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const alice = '@alice:one';
const bob = '@bob:two';
const userOf = (number: number) => `@user${number}:three`;

/** Alice on one branch and Bob on the other make moderators, kick, ban and take notes; half of those kicked are the same. */
function crowdedRoom() {
  const room = new CraftedRoom('12');
  const first = room.member(alice, 'join', []);
  const levels = room.levels({ users: { [bob]: 90 } }, [first]);
  const open = { sender: alice, type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'public' } };
  const rules = room.event({ ...open, cites: [first, levels] });
  const joins = Array.from({ length: MEMBERS }, (_, i) => room.member(userOf(i), 'join', [levels, rules]));
  const joinOfBob = room.member(bob, 'join', [levels, rules]);
  const branches = [
    branch(room, { sender: alice, join: first, levels }, joins),
    branch(room, { sender: bob, join: joinOfBob, levels }, joins.slice(IN_BRANCH / 2)),
  ];
  const agreed = new Map([room.create, first, rules, joinOfBob, levels, ...joins].map((id) => room.placeOf(id)));
  const states = branches.map((events) => new Map([...agreed, ...events.map((id) => room.placeOf(id))]));
  for (const [place, { eventId }] of agreed) {
    if (states.every((state) => state.get(place)?.eventId === eventId)) room.agree(eventId);
  }
  for (const place of new Set(states.flatMap((state) => [...state.keys()]))) {
    const there = new Set(states.flatMap((state) => state.get(place)?.eventId ?? []));
    if (there.size > 1 || !agreed.has(place)) for (const eventId of there) room.dispute(eventId);
  }
  return { input: room.input(), wholeStates: states.map((state): StateEntry[] => [...state.values()]) };
}

type Branch = { readonly sender: string; readonly join: EventId; readonly levels: EventId };

function branch(room: CraftedRoom, { sender, join, levels }: Branch, targets: readonly EventId[]): EventId[] {
  let power = levels;
  return targets.slice(0, IN_BRANCH).map((target, i) => {
    const { stateKey } = room.placeOf(target)[1];
    if (i % 10 === 0) {
      power = room.chain(room.levels({ users: { [bob]: 90, [stateKey]: i % 80 } }, [join, power], sender));
      return power;
    }
    if (i % 10 === 5)
      return room.event({ sender, type: 'org.example.note', stateKey, content: {}, cites: [join, power] });
    const membership = i % 3 === 0 ? 'ban' : 'leave';
    return room.event({
      sender,
      type: 'm.room.member',
      stateKey,
      content: { membership },
      cites: [join, power, target],
    });
  });
}
