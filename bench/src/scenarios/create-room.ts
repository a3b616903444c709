import { measure } from '../measure/measurement.ts';
import { prepare, type Scenario } from './scenario.ts';

/** Until the long way of a room's making is compiled: the first 400 rooms cost the services 4.7 ms each, the fourth 400 3.1, the fifth 2.3. */
const WARM_UP = 1200;

/** Rooms as a client makes them, four at a time. */
export const createRoom: Scenario = async (bench) => {
  const users = await bench.users(4);
  const create = async (index: number, worker: number): Promise<void> => {
    const user = users[worker % users.length];
    if (user !== undefined) await bench.server.createRoom(user, { preset: 'public_chat', name: `room ${index}` });
  };
  await prepare(bench.scale(WARM_UP), 4, (index) => create(index, index));
  bench.add(
    await measure('createRoom', bench.target.groups, {
      operations: bench.scale(400),
      concurrency: 4,
      operation: create,
    }),
  );
};
