/** Work that can be left at every `yield` and taken up again: after half a millisecond or so, and where one event costs more, after it. */
export type Steps<Result> = Generator<void, Result>;

/** Does all of it at once. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** About half a millisecond: a unit is a look at one event and what it cites, about 2 µs. */
const UNITS_IN_STEP = 256;

/** Says when a step has been long enough. */
export class Pace {
  #left = UNITS_IN_STEP;

  /** Counts work that was done; true when it is time to yield. */
  isTimeToYield(units: number): boolean {
    this.#left -= units;
    if (this.#left > 0) return false;
    this.#left = UNITS_IN_STEP;
    return true;
  }
}

const RUN_LENGTH = 128;

/** A sorted copy: runs sorted by the platform, then merged two by two. 100,000 events are far too many for one step. */
export function* sortInSteps<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
  pace: Pace,
): Steps<Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += RUN_LENGTH) {
    const run = items.slice(at, at + RUN_LENGTH);
    runs.push(run.sort(compare));
    if (pace.isTimeToYield(run.length)) yield;
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? [], compare, pace));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<Item>(a: Item[], b: Item[], compare: (a: Item, b: Item) => number, pace: Pace): Steps<Item[]> {
  if (b.length === 0) return a;
  const merged: Item[] = [];
  let [i, j] = [0, 0];
  while (merged.length < a.length + b.length) {
    const [x, y] = [a[i], b[j]];
    if (x !== undefined && (y === undefined || compare(x, y) <= 0)) {
      merged.push(x);
      i++;
    } else if (y !== undefined) {
      merged.push(y);
      j++;
    }
    if (merged.length % RUN_LENGTH === 0 && pace.isTimeToYield(RUN_LENGTH / 4)) yield;
  }
  return merged;
}
