import type { StateChange } from './state-store.ts';

/** Of several changes of one place the last. */
export function lastOfEachPlace(changes: readonly StateChange[]): readonly StateChange[] {
  if (changes.length < 2) return changes;
  const last = new Map(changes.map((change) => [`${change.type} ${change.stateKey}`, change]));
  return last.size === changes.length ? changes : [...last.values()];
}
