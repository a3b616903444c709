import { measure } from '../measure/measurement.ts';
import type { Scenario } from './scenario.ts';

/** Registration: the price of a password hash, mostly. */
export const accounts: Scenario = async (bench) => {
  bench.add(
    await measure('register', bench.target.groups, {
      operations: bench.scale(40),
      concurrency: 1,
      operation: async () => {
        await bench.server.register('reg');
      },
    }),
  );
};
