/** For tests: numbers that look random and are the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `limit`. Mulberry32. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  oneOf<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  shuffled<Item>(items: Iterable<Item>): Item[] {
    const left = [...items];
    const result: Item[] = [];
    while (left.length > 0) result.push(...left.splice(this.below(left.length), 1));
    return result;
  }
}

const CASES_IN_CI = 100_000;

/** How many cases a property is tried with: PLEXUS_TEST_CASES, 100,000 when it is not set. */
export const testCases = Number(process.env['PLEXUS_TEST_CASES'] ?? CASES_IN_CI);
const firstSeed = Number(process.env['PLEXUS_TEST_SEED'] ?? 1);

/** Longer than the cases can take. */
export const caseTimeout = 60_000 + testCases;

/**
 * Tries a property with cases made from seeds one after the other; a failure names its seed, which PLEXUS_TEST_SEED with
 * PLEXUS_TEST_CASES=1 tries again. `share` is of the cases: for those that are themselves many, or cost much.
 */
export function forCases(property: (random: Random) => void, share = 1): void {
  for (let seed = firstSeed; seed < firstSeed + testCases * share; seed++) {
    try {
      property(new Random(Math.imul(seed, 0x9e3779b1)));
    } catch (error) {
      throw new Error(`with PLEXUS_TEST_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
