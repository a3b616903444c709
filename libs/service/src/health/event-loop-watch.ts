const INTERVAL_MS = 1_000;
const KEPT = 10;
/** Half of the last ten seconds' turns were later than this: the loop does not turn in any useful sense. */
const STUCK_MS = 1_000;

/** Watches how late the event loop comes to what is due. */
export class EventLoopWatch {
  readonly #delays: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #dueAt: number;

  constructor() {
    this.#dueAt = performance.now() + INTERVAL_MS;
    this.#timer = setInterval(() => this.#observe(), INTERVAL_MS).unref();
  }

  /** Median of the last ten seconds, in milliseconds. */
  delayMs(): number {
    const sorted = [...this.#delays].sort((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
  }

  isStuck(): boolean {
    return this.delayMs() > STUCK_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #observe(): void {
    const now = performance.now();
    this.#delays.push(Math.max(0, now - this.#dueAt));
    if (this.#delays.length > KEPT) this.#delays.shift();
    this.#dueAt = now + INTERVAL_MS;
  }
}
