import { sample } from '../measure/processes.ts';
import type { RoomserverTarget } from '../targets/roomserver.ts';
import { userOf } from './filled-rooms.ts';
import {
  currentPoint,
  type GraphPoint,
  push,
  type RemoteEvent,
  type RemoteSketch,
  remoteEvent,
} from './remote-events.ts';
import { send, state } from './requests.ts';
import type { FilledScenario } from './rooms-bench.ts';

const BRANCH = 100;
const NAME = 'state resolution, 100,000 members, 2 × 100 conflicts';
const MiB = 2 ** 20;
/** Those before are of use to other parts. */
const FIRST_KICKED = 200 + BRANCH * (Date.now() % 500);
/** Calls that are measured: the last ten events of the second branch, and the one that joins both. */
const MEASURED = 11;

/**
 * Two servers that do not hear of each other change the same hundred places of the largest room; then each event that comes has the state of
 * the room settled between both branches. From the transaction that brings it to its answer, signatures and commit included.
 */
export const resolution: FilledScenario = async (bench, rooms) => {
  const { target } = bench;
  const { client } = target;
  const run = Date.now().toString(36);
  const [alice, bob] = [`@alice${run}:one.example`, `@bob${run}:two.example`];
  const point = await pointWithModerators(target, rooms.huge, [alice, bob]);
  const moderators = { [alice]: 90, [bob]: 90 };
  const of = (sender: string) => branch(point, { sender, serverName: target.serverName, moderators });
  const [first, second] = [of(alice), of(bob)];
  await push(client, 'one.example', first.events);
  await push(client, 'two.example', second.events.slice(0, 1 - MEASURED));
  const before = target.residentBytes();
  target.forgetPeak();
  const cpuBefore = cpuMs(target);
  const times: number[] = [];
  for (const event of second.events.slice(1 - MEASURED))
    times.push(await timeOf(() => push(client, 'two.example', [event])));
  const settled = await currentPoint(client, rooms.huge, [
    ['m.room.power_levels', ''],
    ['m.room.member', alice],
  ]);
  const [merge] = remoteEvent(settled, note(alice, 'merged', 'both'), Date.now());
  times.push(await timeOf(() => push(client, 'one.example', [merge])));
  const sorted = times.sort((a, b) => a - b);
  bench.addFigure(`${NAME}: time`, sorted[MEASURED >> 1] ?? NaN, 'ms');
  bench.addFigure(`${NAME}: longest time`, sorted.at(-1) ?? NaN, 'ms');
  bench.addFigure(`${NAME}: CPU`, (cpuMs(target) - cpuBefore) / MEASURED, 'ms');
  bench.addFigure(`${NAME}: extra memory`, (target.peakBytes() - before) / MiB, 'MB');
};

/** The room after two users of other servers have come and may do most things. */
export async function pointWithModerators(
  { client, serverName }: RoomserverTarget,
  roomId: string,
  users: readonly string[],
): Promise<GraphPoint> {
  const levels = Object.fromEntries(users.map((user) => [user, 90]));
  await send(client, [state(roomId, userOf(serverName, 0), 'm.room.power_levels', { users: levels })]);
  const members = Array.from(
    { length: BRANCH },
    (_, index) => ['m.room.member', kickedMember(serverName, index)] as const,
  );
  const places = [['m.room.power_levels', ''], ['m.room.join_rules', ''], ...members] as const;
  let point = await currentPoint(client, roomId, places);
  for (const user of users) {
    const joining = { sender: user, type: 'm.room.member', stateKey: user, content: { membership: 'join' } };
    const [event, next] = remoteEvent(point, joining, Date.now());
    await push(client, user.slice(user.indexOf(':') + 1), [event]);
    point = next;
  }
  return point;
}

/** Others in each run. */
function kickedMember(serverName: string, number: number): string {
  return userOf(serverName, FIRST_KICKED + number);
}

/** Power levels, kicks and notes, one on the other: as many as a branch has. */
function branch(
  point: GraphPoint,
  of: { readonly sender: string; readonly serverName: string; readonly moderators: Record<string, number> },
): { readonly events: RemoteEvent[] } {
  const events: RemoteEvent[] = [];
  let next = point;
  for (let number = 0; number < BRANCH; number++) {
    const [event, after] = remoteEvent(next, change(number, of), Date.now() + number);
    events.push(event);
    next = after;
  }
  return { events };
}

function change(number: number, { sender, serverName, moderators }: Parameters<typeof branch>[1]): RemoteSketch {
  if (number % 10 === 0) {
    const users = { ...moderators, [`@trusted${number}:one.example`]: number % 80 };
    return { sender, type: 'm.room.power_levels', stateKey: '', content: { users } };
  }
  if (number % 2 === 0) return note(sender, `note${number}`, sender);
  return {
    sender,
    type: 'm.room.member',
    stateKey: kickedMember(serverName, number),
    content: { membership: 'leave', reason: sender },
  };
}

function note(sender: string, stateKey: string, text: string): RemoteSketch {
  return { sender, type: 'org.example.note', stateKey, content: { text } };
}

function cpuMs({ groups }: RoomserverTarget): number {
  return groups.reduce((sum, group) => sum + sample(group).cpuSeconds, 0) * 1_000;
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
