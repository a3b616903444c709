import { totalmem } from 'node:os';
import type { ServiceModule } from './service-module.ts';

const mebibyte = 1024 * 1024;
/** What a process takes without any cache: code, heap of requests, buffers. */
const BASE_BYTES = 200 * mebibyte;
const SMALLEST_BUDGET = 16 * mebibyte;
const LARGEST_DEFAULT = 1024 * mebibyte;

export interface Machine {
  /** Memory of the machine, in bytes. */
  readonly total: number;
  /** Limit of the container or control group, in bytes; undefined: none. */
  readonly limit: number | undefined;
}

/** What this process runs on. */
export function thisMachine(): Machine {
  const total = totalmem();
  const limit = process.constrainedMemory();
  return { total, limit: limit > 0 && limit < total ? limit : undefined };
}

/**
 * What the caches and windows of a process may take together, in bytes. What is not configured follows from the machine: half of what the
 * limit of its container leaves, where it has one; else a sixteenth, for it shares the machine with others.
 */
export function memoryBudget(configured: number | undefined, { total, limit }: Machine): number {
  if (configured !== undefined) return Math.max(SMALLEST_BUDGET, configured);
  const share = limit === undefined ? total / 16 : (limit - BASE_BYTES) / 2;
  return Math.round(Math.min(LARGEST_DEFAULT, Math.max(SMALLEST_BUDGET, share)));
}

/** How many times their usual size the caches of these services have within a budget. */
export function cacheScale(budget: number, modules: readonly Pick<ServiceModule, 'cacheBytes'>[]): number {
  const usual = modules.reduce((sum, { cacheBytes }) => sum + (cacheBytes ?? 0), 0);
  return usual === 0 ? 1 : budget / usual;
}
