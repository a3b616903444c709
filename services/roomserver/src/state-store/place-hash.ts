import type { StatePlace } from './state-store.ts';

/** Levels of inner nodes at most: each uses up four bits of a place's hash. */
export const MAX_DEPTH = 8;
/** Children of an inner node. */
export const FAN_OUT = 16;

/**
 * 32 bits that decide where in the tree a place stands, as a signed integer. They are part of the stored format: places of two states are
 * at the same position in both. Type and state key are numbers of this server, which nobody else can choose; if some were crafted to
 * collide all the same, they would share one large leaf.
 */
export function placeHash({ type, stateKey }: StatePlace): number {
  return mix(Math.imul(type, 0x9e3779b1) ^ mix(stateKey));
}

/** The child under which a place stands at a depth. */
export function childIndex(hash: number, depth: number): number {
  return (hash >>> (28 - 4 * depth)) & 15;
}

/** The finishing step of MurmurHash3: every bit of the number changes half of the bits of the result. */
function mix(number: number): number {
  let bits = number | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
