/** Slots; eight bytes each. */
const SLOTS = 2 ** 20;

/**
 * Roots of subtrees that need not be looked at again. It may forget, then a subtree is walked twice; it never takes one for another, since
 * whatever is not walked is removed. Neighbouring states share most of their nodes, so a small one answers nearly always.
 */
export class SeenSubtrees {
  readonly #slots = new Float64Array(SLOTS);

  /** Whether it was seen; from now on it is. */
  see(address: number): boolean {
    const slot = address % SLOTS;
    if (this.#slots[slot] === address) return true;
    this.#slots[slot] = address;
    return false;
  }
}
