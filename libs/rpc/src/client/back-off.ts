const MIN_MS = 20;
const MAX_MS = 1_000;

/** Milliseconds before the next try: doubling, and somewhere between half and all of that, so that callers do not come back as one. */
export function backOffMs(attempt: number, chance: () => number = Math.random): number {
  return Math.min(MAX_MS, MIN_MS * 2 ** Math.min(attempt, 10)) * (0.5 + chance() / 2);
}
