import type { StatePlace } from './state-store.ts';

/** The order of entries in leaves and of differences. */
export function byPlace(a: StatePlace, b: StatePlace): number {
  return a.type - b.type || a.stateKey - b.stateKey;
}
