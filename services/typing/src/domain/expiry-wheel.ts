/** Width of a slot: an expiry is seen at most this late. */
export const SLOT_MS = 20;

/**
 * Keys that are due at times, in slots: any number of them costs one timer. Times are of a monotonic clock, in milliseconds. A key may wait in
 * several slots.
 */
export class ExpiryWheel {
  readonly #slots = new Map<number, Set<string>>();
  #turnedTo = Number.NEGATIVE_INFINITY;

  add(key: string, dueAt: number): void {
    const slot = Math.max(Math.ceil(dueAt / SLOT_MS), this.#turnedTo + 1);
    const keys = this.#slots.get(slot);
    if (keys === undefined) this.#slots.set(slot, new Set([key]));
    else keys.add(key);
  }

  /** Takes out the keys that are due, each once. */
  turn(now: number): Set<string> {
    const due = new Set<string>();
    this.#turnedTo = Math.floor(now / SLOT_MS);
    for (const [slot, keys] of this.#slots) {
      if (slot > this.#turnedTo) continue;
      this.#slots.delete(slot);
      for (const key of keys) due.add(key);
    }
    return due;
  }

  get isEmpty(): boolean {
    return this.#slots.size === 0;
  }
}
