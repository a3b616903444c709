import { measured } from '../measure/measurement.ts';
import { prepare } from '../scenarios/scenario.ts';
import { makeRoom, message, send } from './requests.ts';
import type { RoomsBench, RoomsScenario } from './rooms-bench.ts';

const EVENTS = 60_000;
const WARM_UP = 20_000;

/** How events come: a call carries so many of one room, and so many callers wait for their answers. */
interface Shape {
  readonly callers: number;
  readonly eventsPerCall: number;
}
const together: Shape = { callers: 32, eventsPerCall: 16 };
const oneACall: Shape = { callers: 64, eventsPerCall: 1 };

/** Messages, each answered when it is on the disk: many a call, as bridges and busy edges send them, and one a call. */
export const sendEvents: RoomsScenario = async (bench) => {
  for (const [count, where] of [
    [32, '32 rooms'],
    [1, 'one room'],
  ] as const) {
    await measureRooms(bench, count, `SendEvents, ${where}`, together);
    await measureRooms(bench, count, `SendEvents, ${where}, one event a call`, oneACall);
  }
};

async function measureRooms(bench: RoomsBench, count: number, name: string, shape: Shape): Promise<void> {
  const { client, serverName, groups } = bench.target;
  const sender = `@bench:${serverName}`;
  const rooms = await prepare(count, 8, () => makeRoom(client, sender));
  let number = 0;
  const call = (worker: number) => {
    const room = rooms[worker % count] ?? '';
    return send(
      client,
      Array.from({ length: shape.eventsPerCall }, () => message(room, sender, number++)),
    );
  };
  await run(bench.scale(WARM_UP), shape, call, [], []);
  const work = (latencies: number[], errors: string[]) => run(bench.scale(EVENTS), shape, call, latencies, errors);
  bench.add(await measured(name, groups, work));
}

/** An event's latency is that of its call. */
async function run(
  events: number,
  { callers, eventsPerCall }: Shape,
  call: (worker: number) => Promise<void>,
  latencies: number[],
  errors: string[],
): Promise<void> {
  let left = Math.ceil(events / eventsPerCall);
  const worker = async (_: unknown, index: number): Promise<void> => {
    while (left-- > 0) {
      const startedAt = performance.now();
      try {
        await call(index);
        const latency = performance.now() - startedAt;
        for (let event = 0; event < eventsPerCall; event++) latencies.push(latency);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, worker));
}
