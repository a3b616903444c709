import type { BenchUser } from '../client/homeserver.ts';
import { measure } from '../measure/measurement.ts';
import { type Bench, message, prepare, type Scenario } from './scenario.ts';

const SENDERS = 32;

/** One sender; 32 senders in rooms of their own; 32 senders in one room. */
export const send: Scenario = async (bench) => {
  const users = await bench.users(SENDERS);
  const [first] = users;
  if (first === undefined) return;
  const own = await bench.server.createRoom(first, { preset: 'public_chat' });
  await warmUp(bench, [first], () => own);
  await measureSending(bench, 'send, 1 user', [first], () => own, 1000);

  const rooms = await prepare(SENDERS, 4, (index) =>
    bench.server.createRoom(users[index] ?? first, { preset: 'public_chat' }),
  );
  const roomOf = (worker: number) => rooms[worker] ?? own;
  await warmUp(bench, users, roomOf);
  await measureSending(bench, 'send, 32 users in 32 rooms', users, roomOf, 15_000);

  const shared = await bench.server.createRoom(first, { preset: 'public_chat' });
  await prepare(SENDERS - 1, 4, (index) => bench.server.join(users[index + 1] ?? first, shared));
  await warmUp(bench, users, () => shared);
  await measureSending(bench, 'send, 32 users in one room', users, () => shared, 15_000);
};

/** Caches and the compiler are warm before anything counts. */
async function warmUp(bench: Bench, users: readonly BenchUser[], roomOf: (worker: number) => string): Promise<void> {
  await prepare(bench.scale(1000), users.length, (index) => sendOne(bench, users, roomOf, index, index % users.length));
}

async function measureSending(
  bench: Bench,
  name: string,
  users: readonly BenchUser[],
  roomOf: (worker: number) => string,
  operations: number,
): Promise<void> {
  const work = {
    operations: bench.scale(operations),
    concurrency: users.length,
    operation: (index: number, worker: number) => sendOne(bench, users, roomOf, index, worker),
  };
  bench.add(await measure(name, bench.target.groups, work));
}

async function sendOne(
  bench: Bench,
  users: readonly BenchUser[],
  roomOf: (worker: number) => string,
  index: number,
  worker: number,
): Promise<void> {
  const user = users[worker];
  if (user !== undefined) await bench.server.send(user, roomOf(worker), message(index));
}
