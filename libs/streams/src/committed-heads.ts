import type { Clock } from '@plexus/observability';

/**
 * How long a statement may still be running in the database after its connection was lost: the statement
 * timeout and some more.
 */
const doubtMs = 40_000;

/**
 * How far logs are committed, as the only process that writes to them knows it from memory. A process that
 * shares its database with others has no such object: their commits would be missing here.
 *
 * After a database connection is lost nobody knows which commits took effect, so nothing is known for some
 * time.
 */
export class CommittedHeads {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #positions = new Map<string, number>();
  #doubtedUntil: number | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Entries of the log up to this position are committed. */
  committed(log: string, position: number): void {
    const known = this.#positions.get(log);
    if (known === undefined || known < position) this.#positions.set(log, position);
  }

  /** The last committed position of the log; undefined when only its owner can say it. */
  of(log: string): number | undefined {
    // Every read asks, so the clock is looked at only while there is a doubt.
    if (this.#doubtedUntil !== undefined) {
      if (this.#clock.monotonic() < this.#doubtedUntil) return undefined;
      this.#doubtedUntil = undefined;
    }
    return this.#positions.get(log);
  }

  /** A commit may have taken effect without its position being known here. */
  doubt(): void {
    this.#doubtedUntil = this.#clock.monotonic() + doubtMs;
    this.#positions.clear();
  }
}
