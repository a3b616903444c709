import { availableParallelism } from 'node:os';

/** More work waits than can be done in time: temporary, and better answered at once than tried again by the caller's side. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
  readonly code = 'RESOURCE_EXHAUSTED';
  readonly retryable = true;
}

/** Work that takes a core each: as many at once as there are cores, so many more in line, and the next is refused. */
export class BoundedWork {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ maxWaiting, maxRunning = availableParallelism() }: { maxWaiting: number; maxRunning?: number }) {
    this.#maxWaiting = maxWaiting;
    this.#maxRunning = maxRunning;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Does the work when it is its turn. @throws TooMuchWork at once, and what the work throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxRunning) this.#running++;
    else if (this.#waiting.length >= this.#maxWaiting) throw new TooMuchWork();
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes on to the next in line without being free in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
