/** Entries looked at per write, so that what nobody asks for again goes too; two visit everything before the map doubles. */
const SWEPT_PER_WRITE = 2;

interface Expiring<Value> {
  value: Value;
  expiresAt: number;
}

/** A map whose entries vanish at a time in milliseconds. Holds no timer. */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, Expiring<Value>>();
  #sweep = this.#entries.entries();

  get(key: string, now: number): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > now ? entry.value : undefined;
  }

  set(key: string, value: Value, expiresAt: number, now: number): void {
    this.#entries.set(key, { value, expiresAt });
    for (let swept = 0; swept < SWEPT_PER_WRITE; swept++) this.#sweepOne(now);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Entries held, expired ones that were not swept yet included. */
  get size(): number {
    return this.#entries.size;
  }

  #sweepOne(now: number): void {
    const next = this.#sweep.next();
    if (next.done === true) this.#sweep = this.#entries.entries();
    else if (next.value[1].expiresAt <= now) this.#entries.delete(next.value[0]);
  }
}
