/**
 * Coalesces requests: at most one runs at a time, and callers of the same moment share one. A caller never
 * gets the response of a request that was already in flight, because that response may predate the write that
 * the caller must see.
 */
export class NextAnswer<Answer> {
  readonly #ask: () => Promise<Answer>;
  #running: Promise<Answer> | undefined;
  #next: Promise<Answer> | undefined;

  constructor(ask: () => Promise<Answer>) {
    this.#ask = ask;
  }

  get(): Promise<Answer> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<Answer> {
    const before = this.#running;
    // Callers of the same turn of the event loop share the request.
    await (before === undefined ? new Promise((resolve) => setImmediate(resolve)) : Promise.allSettled([before]));
    this.#next = undefined;
    const running = this.#ask();
    this.#running = running;
    try {
      return await running;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}
