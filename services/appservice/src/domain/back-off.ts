const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;

/**
 * How long to wait after so many failures in a row: doubling from a second to five minutes, spread over its second half so that bridges
 * on one host are not called together. `chance` is in [0, 1).
 */
export function backOffMs(failures: number, chance: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return full / 2 + (full / 2) * chance;
}
