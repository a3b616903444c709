import { describe, expect, it } from 'vitest';
import { measure, quantile } from './measurement.ts';
import { sample } from './processes.ts';

describe('a quantile', () => {
  it('is a value of the list', () => {
    const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 0)]).toEqual([5, 10, 1]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('a measurement', () => {
  it('counts what was done, what failed, and the CPU that was burnt', async () => {
    const group = { name: 'self', roots: () => [process.pid] };
    const result = await measure('burn', [group], {
      operations: 4,
      concurrency: 2,
      operation: async (index) => {
        if (index === 3) throw new Error('three');
        // On a busy machine more time goes by than CPU is burnt.
        const before = process.cpuUsage().user;
        while (process.cpuUsage().user - before < 20_000);
      },
    });
    expect([result.operations, result.errors]).toEqual([3, ['three']]);
    expect(result.p50Ms).toBeGreaterThanOrEqual(20);
    expect(result.cpuMs['self']).toBeGreaterThan(10);
  });

  it('of a process that is gone is nothing', () => {
    expect(sample({ name: 'gone', roots: () => [2 ** 30] })).toEqual({ cpuSeconds: 0, residentBytes: 0 });
  });
});
