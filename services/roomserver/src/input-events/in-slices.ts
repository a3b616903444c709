import { setImmediate } from 'node:timers/promises';

/** Far below what anybody notices, and far above what a turn of the event loop costs. */
const SLICE_MS = 2;

/** Runs work that may be left at each of its steps, a slice at a time, so that other rooms go on meanwhile. */
export async function inSlices<Value>(steps: Generator<void, Value>, now: () => number): Promise<Value> {
  let end = now() + SLICE_MS;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (now() < end) continue;
    await setImmediate();
    end = now() + SLICE_MS;
  }
}

/** What `make` makes of each item, in slices. */
export function mapInSlices<Item, Value>(
  items: readonly Item[],
  make: (item: Item) => Value,
  now: () => number,
): Promise<Value[]> {
  return inSlices(mapping(items, make), now);
}

function* mapping<Item, Value>(items: readonly Item[], make: (item: Item) => Value): Generator<void, Value[]> {
  const made: Value[] = [];
  for (const item of items) {
    made.push(make(item));
    yield;
  }
  return made;
}
