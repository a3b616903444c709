import type { StateChange, StateEntry, StatePlace } from '../state-store.ts';

/** Whole numbers below a limit; the same ones for the same seed. */
export type Draw = (limit: number) => number;

/** Mulberry32: a few nanoseconds a number, since a hundred numbers make one case. */
export function drawFrom(seed: number): Draw {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Mostly places of one large room, so that they meet; now and then any. */
function randomPlace(draw: Draw): StatePlace {
  if (draw(20) === 0) return { type: 1 + draw(2 ** 31 - 1), stateKey: 1 + draw(2 ** 31 - 1) };
  return draw(4) === 0 ? { type: 1 + draw(20), stateKey: 1 } : { type: 2, stateKey: 1 + draw(300) };
}

export function randomEntries(draw: Draw): StateEntry[] {
  // Mostly around the size of one leaf, now and then of several levels.
  const size = draw(20) === 0 ? draw(600) : draw(2) === 0 ? 25 + draw(15) : draw(70);
  return Array.from({ length: size }, () => ({ ...randomPlace(draw), event: 1 + draw(2 ** 40) }));
}

/** Some places get another event, some the same, some none; many of a state's places at once now and then. */
export function randomChanges(draw: Draw, state: readonly StateEntry[]): StateChange[] {
  const count = draw(20) === 0 ? draw(300) : 1 + draw(12);
  return Array.from({ length: count }, () => {
    const known = draw(2) === 0 ? state[draw(Math.max(1, state.length))] : undefined;
    const place = known ?? { ...randomPlace(draw), event: 1 };
    const event = [undefined, undefined, place.event, 1 + draw(2 ** 40)][draw(4)];
    return { type: place.type, stateKey: place.stateKey, event };
  });
}
