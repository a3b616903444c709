/** Lets a loop wait for a signal or for time to pass. A signal given while nobody waits ends the next wait at once. */
export class Wakeup {
  #signalled = false;
  #wake: (() => void) | undefined;

  signal(): void {
    this.#signalled = true;
    this.#wake?.();
  }

  /** Resolves at the next signal, at the latest after `timeoutMs`. For one waiter. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.#signalled) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.max(timeoutMs, 0));
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#signalled = false;
  }
}
