import { measure } from '../measure/measurement.ts';
import { prepare, type Scenario } from './scenario.ts';

/** Rooms as a client makes them, four at a time. */
export const createRoom: Scenario = async (bench) => {
  const users = await bench.users(4);
  const create = async (index: number, worker: number): Promise<void> => {
    const user = users[worker % users.length];
    if (user !== undefined) await bench.server.createRoom(user, { preset: 'public_chat', name: `room ${index}` });
  };
  await prepare(bench.scale(50), 4, (index) => create(index, index));
  bench.add(
    await measure('createRoom', bench.target.groups, {
      operations: bench.scale(400),
      concurrency: 4,
      operation: create,
    }),
  );
};
