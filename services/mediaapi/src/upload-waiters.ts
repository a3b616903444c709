/** Downloads that wait for bytes which were announced and are not there yet. */
export class UploadWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when something is uploaded to this id in this process, or after so long; the caller then looks again. */
  wait(mediaId: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(mediaId) ?? new Set();
      this.#waiting.set(mediaId, waiters);
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        waiters.delete(end);
        if (waiters.size === 0) this.#waiting.delete(mediaId);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener('abort', end);
      waiters.add(end);
    });
  }

  uploaded(mediaId: string): void {
    for (const end of [...(this.#waiting.get(mediaId) ?? [])]) end();
  }
}
