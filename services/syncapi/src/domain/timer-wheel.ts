/** Calls once after so many milliseconds, unless stopped before: a timer of the process, or a test's. */
export type StartTimer = (turn: () => void, inMs: number) => () => void;

export interface WheelEntry {
  /** Milliseconds on the wheel's clock. */
  readonly dueAt: number;
  expire(): void;
}

/**
 * Deadlines of many waiters by one timer: an entry costs a place in a set, not a timer. Entries expire up to one tick late, never early. The timer
 * is set for the first tick that has entries: one that turned at every tick woke a process of quiet long polls twenty times a second.
 */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #monotonic: () => number;
  readonly #startTimer: StartTimer;
  readonly #buckets = new Map<number, Set<WheelEntry>>();
  readonly #ticks = new Map<WheelEntry, number>();
  /** The tick that the timer is set for; entries of it may be gone by then. */
  #awaited = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => undefined;

  constructor(tickMs: number, monotonic: () => number, startTimer: StartTimer) {
    this.#tickMs = tickMs;
    this.#monotonic = monotonic;
    this.#startTimer = startTimer;
  }

  get size(): number {
    return this.#ticks.size;
  }

  add(entry: WheelEntry): void {
    const tick = Math.ceil(Math.max(entry.dueAt, this.#monotonic()) / this.#tickMs);
    const bucket = this.#buckets.get(tick);
    if (bucket === undefined) this.#buckets.set(tick, new Set([entry]));
    else bucket.add(entry);
    this.#ticks.set(entry, tick);
    if (tick < this.#awaited) this.#await(tick);
  }

  remove(entry: WheelEntry): void {
    const tick = this.#ticks.get(entry);
    if (tick === undefined) return;
    this.#ticks.delete(entry);
    const bucket = this.#buckets.get(tick);
    bucket?.delete(entry);
    if (bucket?.size === 0) this.#buckets.delete(tick);
    if (this.#ticks.size === 0) this.#await(Number.POSITIVE_INFINITY);
  }

  /** Expires everything at once, for a process that drains. */
  expireAll(): void {
    this.#expireUpTo(Number.POSITIVE_INFINITY);
  }

  #turn(): void {
    this.#awaited = Number.POSITIVE_INFINITY;
    this.#expireUpTo(Math.floor(this.#monotonic() / this.#tickMs));
  }

  #expireUpTo(last: number): void {
    const due = [...this.#buckets.keys()].filter((tick) => tick <= last).sort((a, b) => a - b);
    for (const tick of due) this.#expire(tick);
    this.#await([...this.#buckets.keys()].reduce((first, tick) => Math.min(first, tick), Number.POSITIVE_INFINITY));
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

  #await(tick: number): void {
    if (tick === this.#awaited) return;
    this.#stopTimer();
    this.#awaited = tick;
    this.#stopTimer =
      tick === Number.POSITIVE_INFINITY
        ? () => undefined
        : this.#startTimer(() => this.#turn(), Math.max(0, tick * this.#tickMs - this.#monotonic()));
  }
}
