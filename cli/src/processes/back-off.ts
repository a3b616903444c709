const firstMs = 200;
const longestMs = 10_000;

/** A process that ran this long before it ended is taken to have been well: its next failure is counted as the first. */
export const settledAfterMs = 30_000;

/** How long to wait before the next start after so many failures in a row (1 or more); `chance` in [0, 1) spreads it by a fifth. */
export const backOffMs = (failures: number, chance: number): number =>
  Math.round(Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (0.9 + 0.2 * chance));
