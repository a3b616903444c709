import type { StateEntry } from '../state-store.ts';
import { IntegerReader } from '../variable-integers.ts';

/**
 * The entries of a block: each type, state key and event as the difference to the entry before, the state key afresh when the type changes.
 * @throws RangeError for bytes that are no block.
 */
export function decodeBlock(bytes: Uint8Array): StateEntry[] {
  const entries: StateEntry[] = [];
  const reader = new IntegerReader(bytes, 0);
  let type = 0;
  let stateKey = 0;
  let event = 0;
  while (!reader.isAtEnd) {
    const step = reader.unsigned();
    type += step;
    stateKey = reader.unsigned() + (step === 0 ? stateKey : 0);
    event += reader.signed();
    entries.push({ type, stateKey, event });
  }
  return entries;
}
