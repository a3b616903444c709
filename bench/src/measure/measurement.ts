import { type ProcessGroup, sample } from './processes.ts';

/** One measured part: latencies of its operations and what the server's processes used meanwhile. */
export interface Measurement {
  readonly name: string;
  readonly operations: number;
  readonly errors: readonly string[];
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Milliseconds of CPU an operation, by process group. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly residentBytes: Readonly<Record<string, number>>;
}

export interface Work {
  /** Runs one operation; its number counts from 0, its worker from 0 to concurrency - 1. */
  readonly operation: (index: number, worker: number) => Promise<void>;
  readonly operations: number;
  readonly concurrency: number;
}

/** Runs the operations, `concurrency` at a time, and measures them. An operation that fails counts as an error and not as done. */
export async function measure(name: string, groups: readonly ProcessGroup[], work: Work): Promise<Measurement> {
  return measured(name, groups, async (latencies, errors) => {
    let next = 0;
    const worker = async (_: unknown, number: number): Promise<void> => {
      for (let index = next++; index < work.operations; index = next++) {
        const startedAt = performance.now();
        try {
          await work.operation(index, number);
          latencies.push(performance.now() - startedAt);
        } catch (error) {
          errors.push(error instanceof Error ? error.message : String(error));
        }
      }
    };
    await Promise.all(Array.from({ length: work.concurrency }, worker));
  });
}

/** Measures whatever `run` does; it adds the latency of each operation, in milliseconds. */
export async function measured(
  name: string,
  groups: readonly ProcessGroup[],
  run: (latencies: number[], errors: string[]) => Promise<void>,
): Promise<Measurement> {
  const latencies: number[] = [];
  const errors: string[] = [];
  const before = groups.map(sample);
  const startedAt = performance.now();
  await run(latencies, errors);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = groups.map(sample);
  const operations = latencies.length;
  const sorted = latencies.sort((a, b) => a - b);
  return {
    name,
    operations,
    errors,
    perSecond: operations / seconds,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    cpuMs: byGroup(
      groups,
      (index) => (((after[index]?.cpuSeconds ?? 0) - (before[index]?.cpuSeconds ?? 0)) * 1000) / operations,
    ),
    residentBytes: byGroup(groups, (index) => after[index]?.residentBytes ?? 0),
  };
}

/** CPU an operation of all groups together. */
export function totalCpuMs(measurement: Measurement): number {
  return Object.values(measurement.cpuMs).reduce((sum, value) => sum + value, 0);
}

/** The value that this share of a sorted list does not exceed; NaN of an empty list. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function byGroup(groups: readonly ProcessGroup[], value: (index: number) => number): Record<string, number> {
  return Object.fromEntries(groups.map((group, index) => [group.name, value(index)]));
}
