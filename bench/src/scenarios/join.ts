import { measure } from '../measure/measurement.ts';
import type { Scenario } from './scenario.ts';

/** Members join one public room, one after another. */
export const join: Scenario = async (bench) => {
  const users = await bench.users(bench.size(101));
  const [owner, ...others] = users;
  if (owner === undefined) return;
  const room = await bench.server.createRoom(owner, { preset: 'public_chat' });
  bench.add(
    await measure('join, 100 into one room', bench.target.groups, {
      operations: others.length,
      concurrency: 1,
      operation: async (index) => {
        const user = others[index];
        if (user !== undefined) await bench.server.join(user, room);
      },
    }),
  );
};
