import { quantile } from '../measure/measurement.ts';
import { prepare } from '../scenarios/scenario.ts';
import { userOf } from './filled-rooms.ts';
import { currentPoint, type GraphPoint, push, type RemoteEvent, remoteEvent } from './remote-events.ts';
import { makeRoom, message, send } from './requests.ts';
import { pointWithModerators } from './resolution.ts';
import type { RoomsBench, RoomsScenario } from './rooms-bench.ts';

const POWER_EVENTS = 10_000;
const EXTREMITIES = 1_000;
const OTHER_ROOMS = 8;
const QUIET_MS = 4_000;
const ATTACK_MS = 20_000;
const FORKS_PER_CALL = 10;
/** Callers that think between two messages: their waiting shows what is in their way, not how much they send. */
const THINK_MS = 4;

/**
 * A server sends 10,000 power levels, each authorised by the one before, and then 1,000 events that each follow another of them, so that
 * the room has 1,000 forward extremities with as many states. Messages in other rooms are to notice nothing.
 */
export const craftedRoom: RoomsScenario = async (bench) => {
  const { client, serverName } = bench.target;
  const creator = userOf(serverName, 0);
  const roomId = await makeRoom(client, creator);
  const attacker = '@mallory:evil.example';
  const start = await pointWithModerators(bench.target, roomId, [attacker]);
  const { chain, points } = powerChain(start, attacker, bench.scale(POWER_EVENTS));
  await push(client, 'evil.example', chain);
  const step = Math.max(1, Math.floor(points.length / EXTREMITIES));
  const forks = points
    .filter((_, index) => index % step === 0)
    .map((point, index) => remoteEvent(point, note(attacker, index), Date.now() + index)[0]);
  const rooms = await prepare(OTHER_ROOMS, 4, () => makeRoom(client, creator));
  await latenciesUntil(bench, rooms, wait(QUIET_MS));
  const quiet = await latenciesUntil(bench, rooms, wait(QUIET_MS));
  const disturbed = await latenciesUntil(bench, rooms, attack(bench, forks));
  const settled = await latenciesUntil(bench, rooms, merge(bench, roomId));
  bench.addFigure('crafted resolution: p99 of other rooms, quiet', quantile(quiet, 0.99), 'ms');
  bench.addFigure('crafted resolution: p99 of other rooms, attacked', quantile(disturbed, 0.99), 'ms');
  const worst = Math.max(quantile(disturbed, 0.99), settled.length < 100 ? 0 : quantile(settled, 0.99));
  bench.addFigure('crafted resolution: p99 of other rooms against quiet', worst / quantile(quiet, 0.99), '×');
};

/** Brings the forks as fast as they are taken, for a while. */
async function attack({ target, print }: RoomsBench, forks: readonly RemoteEvent[]): Promise<void> {
  const end = performance.now() + ATTACK_MS;
  let brought = 0;
  for (; brought < forks.length && performance.now() < end; brought += FORKS_PER_CALL)
    await push(target.client, 'evil.example', forks.slice(brought, brought + FORKS_PER_CALL), () => true);
  print(`crafted resolution: ${brought} of ${forks.length} events with a state of their own were taken`);
}

function powerChain(
  start: GraphPoint,
  sender: string,
  count: number,
): { readonly chain: RemoteEvent[]; readonly points: GraphPoint[] } {
  const chain: RemoteEvent[] = [];
  const points: GraphPoint[] = [];
  let point = start;
  for (let number = 0; number < count; number++) {
    const content = { users: { [sender]: 90, [`@ally${number % 50}:evil.example`]: number % 80 } };
    const [event, after] = remoteEvent(
      point,
      { sender, type: 'm.room.power_levels', stateKey: '', content },
      Date.now(),
    );
    chain.push(event);
    points.push(after);
    point = after;
  }
  return { chain, points };
}

function note(sender: string, number: number) {
  return { sender, type: 'org.example.note', stateKey: `${number % 100}`, content: { number } };
}

/** A local message that has to be built on all that. */
async function merge({ target: { client, serverName } }: RoomsBench, roomId: string): Promise<void> {
  await send(client, [message(roomId, userOf(serverName, 0), 0)]);
  await currentPoint(client, roomId, [['m.room.power_levels', '']]);
}

/** Latencies of messages in the rooms, in ascending order, until something is over. */
async function latenciesUntil(
  { target }: RoomsBench,
  rooms: readonly string[],
  end: Promise<unknown>,
): Promise<number[]> {
  let over = false;
  const latencies: number[] = [];
  const caller = async (roomId: string) => {
    while (!over) {
      const startedAt = performance.now();
      await send(target.client, [message(roomId, userOf(target.serverName, 0), latencies.length)]);
      latencies.push(performance.now() - startedAt);
      await wait(THINK_MS);
    }
  };
  const calling = Promise.all(rooms.map(caller));
  try {
    await end;
  } finally {
    over = true;
    await calling;
  }
  return latencies.sort((a, b) => a - b);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
