/** Doubling delay with ±50 % jitter, so that those who failed together do not come again together. */
export function backoffMs(failures: number, limits: { first: number; longest: number }): number {
  const doubled = Math.min(limits.first * 2 ** Math.min(failures - 1, 20), limits.longest);
  return doubled * (0.5 + Math.random());
}
