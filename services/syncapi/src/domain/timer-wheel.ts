/** What the wheel turns by: the process's interval timer, or a test's. */
export type StartInterval = (tick: () => void, everyMs: number) => () => void;

export interface WheelEntry {
  /** Milliseconds on the wheel's clock. */
  readonly dueAt: number;
  expire(): void;
}

/**
 * Deadlines of many waiters by one timer: an entry costs a place in a set, not a timer. Entries expire up to one tick late, never early, and
 * the timer runs only while something waits.
 */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #monotonic: () => number;
  readonly #startInterval: StartInterval;
  readonly #buckets = new Map<number, Set<WheelEntry>>();
  readonly #ticks = new Map<WheelEntry, number>();
  #nextTick = 0;
  #stopInterval: (() => void) | undefined;

  constructor(tickMs: number, monotonic: () => number, startInterval: StartInterval) {
    this.#tickMs = tickMs;
    this.#monotonic = monotonic;
    this.#startInterval = startInterval;
  }

  get size(): number {
    return this.#ticks.size;
  }

  add(entry: WheelEntry): void {
    if (this.#stopInterval === undefined) {
      this.#nextTick = Math.ceil(this.#monotonic() / this.#tickMs);
      this.#stopInterval = this.#startInterval(() => this.#turn(), this.#tickMs);
    }
    const tick = Math.max(this.#nextTick, Math.ceil(entry.dueAt / this.#tickMs));
    const bucket = this.#buckets.get(tick);
    if (bucket === undefined) this.#buckets.set(tick, new Set([entry]));
    else bucket.add(entry);
    this.#ticks.set(entry, tick);
  }

  remove(entry: WheelEntry): void {
    const tick = this.#ticks.get(entry);
    if (tick === undefined) return;
    this.#ticks.delete(entry);
    const bucket = this.#buckets.get(tick);
    bucket?.delete(entry);
    if (bucket?.size === 0) this.#buckets.delete(tick);
    this.#rest();
  }

  /** Expires everything at once, for a process that drains. */
  expireAll(): void {
    for (const tick of [...this.#buckets.keys()]) this.#expire(tick);
    this.#rest();
  }

  #turn(): void {
    const now = Math.floor(this.#monotonic() / this.#tickMs);
    while (this.#nextTick <= now) this.#expire(this.#nextTick++);
    this.#rest();
  }

  #expire(tick: number): void {
    const bucket = this.#buckets.get(tick);
    if (bucket === undefined) return;
    this.#buckets.delete(tick);
    for (const entry of bucket) {
      this.#ticks.delete(entry);
      entry.expire();
    }
  }

  #rest(): void {
    if (this.#ticks.size > 0) return;
    this.#stopInterval?.();
    this.#stopInterval = undefined;
  }
}
