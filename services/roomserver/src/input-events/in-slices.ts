import { setImmediate } from 'node:timers/promises';

/** Far above what a turn of the event loop costs. An event of another room takes some ten turns on its way, so it is late by ten times this. */
const SLICE_MS = 1;

/**
 * Runs work that may be left at each of its steps, a slice at a time, so that other rooms go on meanwhile. `othersTurn` is told how many
 * milliseconds the slice has taken.
 */
export async function inSlices<Value>(
  steps: Generator<void, Value>,
  now: () => number,
  othersTurn: (spentMs: number) => Promise<void> = () => setImmediate(),
): Promise<Value> {
  let start = now();
  for (let step = steps.next(); ; step = steps.next()) {
    const spent = now() - start;
    if (step.done !== true && spent < SLICE_MS) continue;
    await othersTurn(spent);
    if (step.done === true) return step.value;
    start = now();
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
