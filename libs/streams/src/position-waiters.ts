interface Waiter {
  readonly position: number;
  readonly settle: (reached: boolean) => void;
}

/** Those who wait until a consumer has come to a position. */
export class PositionWaiters {
  readonly #waiters = new Set<Waiter>();
  #lowest = Number.POSITIVE_INFINITY;

  waitFor(position: number, current: number, timeoutMs: number): Promise<boolean> {
    if (current >= position) return Promise.resolve(true);
    if (timeoutMs <= 0) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => waiter.settle(false), timeoutMs);
    const waiter: Waiter = {
      position,
      settle: (reached) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(reached);
      },
    };
    this.#waiters.add(waiter);
    this.#lowest = Math.min(this.#lowest, position);
    return promise;
  }

  reached(position: number): void {
    if (position < this.#lowest) return;
    this.#lowest = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) {
      if (waiter.position <= position) waiter.settle(true);
      else this.#lowest = Math.min(this.#lowest, waiter.position);
    }
  }

  /** Nothing more comes. */
  end(): void {
    for (const waiter of this.#waiters) waiter.settle(false);
  }
}
