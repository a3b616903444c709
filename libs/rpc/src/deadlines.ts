/** A thing that ends at a time unless it is settled before. */
export interface Deadline {
  /** On the monotonic clock, in milliseconds. */
  readonly at: number;
  readonly expire: () => void;
}

/**
 * The deadlines of all calls in flight, behind one timer that is set for the earliest. Calls mostly end long before, so an entry costs an
 * insertion and a removal in a set (0.1 µs) where a timer of its own costs 0.9 µs.
 */
export class Deadlines {
  readonly #pending = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  add(deadline: Deadline): void {
    this.#pending.add(deadline);
    if (deadline.at < this.#dueAt) this.#arm(deadline.at);
  }

  delete(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => this.#expireDue(), Math.max(1, Math.ceil(at - performance.now()))).unref();
  }

  #expireDue(): void {
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of this.#pending) {
      if (deadline.at > now) next = Math.min(next, deadline.at);
      else {
        this.#pending.delete(deadline);
        deadline.expire();
      }
    }
    if (next < this.#dueAt) this.#arm(next);
  }
}

/** Those of this process. */
export const deadlines = new Deadlines();
