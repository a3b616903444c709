/** A replica that said that it leaves, or that nobody reached, is asked last for so long: about as long as a restart takes. */
const AVOID_MS = 5_000;

/** Which replica is tried first: one that works, as far as its last answers say. */
export class ReplicaOrder {
  /** When each was last found to leave, the oldest first. */
  readonly #leftAt = new Map<string, number>();
  readonly #now: () => number;

  /** @param now a monotonic clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Those that work in the order given, then the others: the longer ago one left, the sooner it is back. */
  of(addresses: readonly string[]): readonly string[] {
    if (this.#leftAt.size === 0 || addresses.length < 2) return addresses;
    const since = this.#now() - AVOID_MS;
    for (const [address, leftAt] of this.#leftAt) if (leftAt <= since) this.#leftAt.delete(address);
    const left = [...this.#leftAt.keys()].filter((address) => addresses.includes(address));
    return [...addresses.filter((address) => !this.#leftAt.has(address)), ...left];
  }

  /** It ends its connections, or none can be made to it. */
  left(address: string): void {
    this.#leftAt.delete(address);
    this.#leftAt.set(address, this.#now());
  }

  /** It answered, and keeps its connections. */
  works(address: string): void {
    this.#leftAt.delete(address);
  }
}
