import type { Clock } from '@plexus/observability';
import type { Database, Transaction } from '@plexus/postgres';
import { type DeadLetterStatements, setAsideEntry } from './dead-letters.ts';
import { ConsumerPositionMoved, type ConsumerPositionStatements, endsOf, loadPosition } from './log-tables.ts';
import type { LogEntry, LogStream } from './types.ts';

/** The position of entries without effects is stored this often. */
const storedEveryMs = 1_000;

export interface TrailingPositionOptions<Entry extends LogEntry> {
  readonly database: Database;
  readonly statements: ConsumerPositionStatements & DeadLetterStatements;
  readonly stream: LogStream<Entry>;
  readonly clock: Clock;
}

/**
 * The position of a consumer that has nothing to do for most entries: what it passes over is noted in memory, and stored once a second or
 * with the next effects. After a crash at most that second is looked at again, which comes to nothing again. Storing it for each message was a
 * third of the statements of a lone message.
 *
 * Effects are stored with a position that must be the last one stored from here, so of two replicas one stores them: the other is told by
 * ConsumerPositionMoved and goes on from `load`.
 */
export class TrailingPosition<Entry extends LogEntry> {
  readonly #options: TrailingPositionOptions<Entry>;
  #stored: number | undefined;
  #passed = 0;
  #storedAt = Number.NEGATIVE_INFINITY;
  /** While something is set aside, what may have to wait behind it is looked at in a transaction. */
  #isClear = false;

  constructor(options: TrailingPositionOptions<Entry>) {
    this.#options = options;
  }

  /** Where to go on: beyond the stored position by what was passed over here, unless another process has moved that. */
  async load(): Promise<number> {
    const { database, statements, stream } = this.#options;
    const stored = await loadPosition(database, statements, stream);
    if (stored !== this.#stored) this.#note(stored);
    await this.#look();
    return this.#passed;
  }

  /** Passes over consecutive entries that have no effects; false when that takes the way of `store`. */
  async passOver(entries: readonly Entry[]): Promise<boolean> {
    const to = this.#next(entries);
    // The first row of a log is made with effects or without, but in a transaction.
    if (!this.#isClear || this.#stored === 0) return false;
    const isDue = this.#options.clock.monotonic() - this.#storedAt >= storedEveryMs;
    if (isDue && !(await this.#moveTo(to))) return false;
    this.#passed = to;
    return true;
  }

  /** Stores the effects of consecutive entries and the position after them. @throws ConsumerPositionMoved, and what `work` throws: nothing is stored then */
  async store<Value>(entries: readonly Entry[], work: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    const to = this.#next(entries);
    const value = await this.#options.database.transaction(async (transaction) => {
      // First: of two replicas the slower stops here, before it does the work again.
      await this.#advance(transaction, to);
      return work(transaction);
    });
    this.#note(to);
    return value;
  }

  /** Stores an entry that cannot be applied and the position after it. */
  async park(entry: Entry, error: unknown): Promise<void> {
    const { statements, stream } = this.#options;
    await this.store([entry], (transaction) => setAsideEntry(transaction, statements, stream, entry, error));
    this.#isClear = false;
  }

  /** Stores what was passed over, and looks again whether something is set aside. */
  async settle(): Promise<void> {
    if (this.#stored !== undefined && this.#passed > this.#stored) await this.#moveTo(this.#passed);
    if (!this.#isClear) await this.#look();
  }

  /** The last of the entries, which must follow those before. */
  #next(entries: readonly Entry[]): number {
    const [from, to] = endsOf(entries);
    if (from !== this.#passed) throw new ConsumerPositionMoved(`entries after ${from} came at ${this.#passed}`);
    return to;
  }

  async #advance(transaction: Transaction, to: number): Promise<void> {
    const { statements, stream } = this.#options;
    const from = this.#stored ?? 0;
    const moved = await transaction.query(statements.advance, [stream.name, from, to]);
    if (moved.length === 0) throw new ConsumerPositionMoved(`${stream.name} is not at ${from} any more`);
  }

  /** False when another process has moved the position, or something is set aside. */
  async #moveTo(position: number): Promise<boolean> {
    const { database, statements, stream } = this.#options;
    const moved = await database.query(statements.passOver, [stream.name, this.#stored ?? 0, position]);
    if (moved.length > 0) this.#note(position);
    else this.#isClear = false;
    return moved.length > 0;
  }

  async #look(): Promise<void> {
    const { database, statements, stream } = this.#options;
    this.#isClear = (await database.query(statements.anySetAside, [stream.name])).length === 0;
  }

  #note(stored: number): void {
    this.#stored = stored;
    this.#passed = stored;
    this.#storedAt = this.#options.clock.monotonic();
  }
}
