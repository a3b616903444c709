import { describe } from 'vitest';
import { storeContract } from '../test/store-contract.ts';
import { memoryStore } from './memory-store.ts';

describe('the ephemeral store in memory', () => {
  storeContract(async () => {
    let now = 1_800_000_000_000;
    const store = memoryStore({ now: () => now, monotonic: () => now });
    return {
      store,
      pass: async (milliseconds) => {
        now += milliseconds;
      },
      empty: () => store.close(),
      end: () => store.close(),
    };
  });
});
