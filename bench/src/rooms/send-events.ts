import { measure } from '../measure/measurement.ts';
import { prepare } from '../scenarios/scenario.ts';
import { makeRoom, message, send } from './requests.ts';
import type { RoomsBench, RoomsScenario } from './rooms-bench.ts';

const CALLERS = 64;
const OPERATIONS = 60_000;
const WARM_UP = 10_000;

/** Messages, one a call, each answered when it is on the disk. */
export const sendEvents: RoomsScenario = async (bench) => {
  await measureRooms(bench, 32, 'SendEvents, 32 rooms');
  await measureRooms(bench, 1, 'SendEvents, one room');
};

async function measureRooms(bench: RoomsBench, count: number, name: string): Promise<void> {
  const { client, serverName, groups } = bench.target;
  const sender = `@bench:${serverName}`;
  const rooms = await prepare(count, 8, () => makeRoom(client, sender));
  let number = 0;
  const one = (_index: number, worker: number) =>
    send(client, [message(rooms[worker % count] ?? '', sender, number++)]);
  await prepare(bench.scale(WARM_UP), CALLERS, (index) => one(index, index));
  bench.add(await measure(name, groups, { operations: bench.scale(OPERATIONS), concurrency: CALLERS, operation: one }));
}
