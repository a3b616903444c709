import { createHash } from 'node:crypto';
import type { Clock, Random } from '@plexus/observability';

export interface FakeClock extends Clock {
  advance(milliseconds: number): void;
}

/** A clock that stands still until it is advanced. Starts at 2026-01-01T00:00:00Z. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    advance(milliseconds) {
      elapsed += milliseconds;
    },
  };
}

/** The same bytes for the same seed, in every run; every call gives others. */
export function seededRandom(seed: string): Random {
  let calls = 0;
  return {
    bytes(length) {
      calls += 1;
      return createHash('shake256', { outputLength: length }).update(`${seed}:${calls}`).digest();
    },
  };
}
