import { text } from '../client/homeserver.ts';
import { measure } from '../measure/measurement.ts';
import { message, prepare, type Scenario } from './scenario.ts';

const ROOMS = 200;
const MESSAGES = 20;
const CLIENTS = 16;

/** The first sync of an account in 200 rooms; then incremental syncs that find nothing. */
export const sync: Scenario = async (bench) => {
  const users = await bench.users(CLIENTS);
  const [owner] = users;
  if (owner === undefined) return;
  const account = await bench.server.register('many');
  await prepare(bench.size(ROOMS), 8, async (index) => {
    const room = await bench.server.createRoom(owner, { preset: 'public_chat', name: `room ${index}` });
    await bench.server.join(account, room);
    for (let i = 0; i < MESSAGES; i++) await bench.server.send(owner, room, message(i));
  });
  bench.add(
    await measure('initial sync of 200 rooms', bench.target.groups, {
      operations: 5,
      concurrency: 1,
      operation: async (index) => {
        await bench.server.sync(account, { timeoutMs: index });
      },
    }),
  );
  const tokens = await prepare(users.length, 4, async (index) => {
    const first = text(await bench.server.sync(users[index] ?? owner), 'next_batch');
    return text(await bench.server.sync(users[index] ?? owner, { since: first }), 'next_batch');
  });
  const empty = async (_: number, worker: number): Promise<void> => {
    const answer = await bench.server.sync(users[worker] ?? owner, { since: tokens[worker] });
    tokens[worker] = text(answer, 'next_batch');
  };
  await measure('warm up', bench.target.groups, {
    operations: bench.scale(4000),
    concurrency: users.length,
    operation: empty,
  });
  bench.add(
    await measure('empty incremental sync', bench.target.groups, {
      operations: bench.scale(30_000),
      concurrency: users.length,
      operation: empty,
    }),
  );
};
