import { setImmediate } from 'node:timers/promises';
import type { ServerName } from '@plexus/matrix';
import type { Queryable, SqlValue, Statement } from '@plexus/postgres';
import { inSlices } from './in-slices.ts';

/** What the work for a server may take at a stroke: some ten resolutions of ordinary disagreements. */
const BURST_MS = 500;
/** What it may take of the time beyond that, and what the work for all servers that are beyond it may take together. */
const SHARE = 0.2;
/** Items that are handled between two looks at the time, where each may need rows of the database: a few milliseconds. */
const PART = 250;
/** Items between two looks at the clock, of such as take 20 µs at most. */
const ITEMS_IN_STEP = 32;
/** Servers are forgotten beyond so many, as far as they have not taken anything lately. */
const MAX_REMEMBERED = 1_000;

/** Time as work is measured by it and let wait. */
export interface Timing {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Keeps the work that one server causes from being in the way of everybody else: a bucket of milliseconds that fills up again slowly. */
export class Pace {
  readonly #timing: Timing;
  readonly #slowed: Set<Pace>;
  #left = BURST_MS;
  #at: number;

  /** `slowed`: all whose bucket is empty. */
  constructor(timing: Timing, slowed: Set<Pace>) {
    this.#timing = timing;
    this.#slowed = slowed;
    this.#at = timing.now();
  }

  get isRested(): boolean {
    this.#fill();
    return this.#left >= BURST_MS;
  }

  /** Lets others go on after work of so many milliseconds: for as long as it takes to make up for it, when the bucket is empty. */
  async othersTurn(spentMs: number): Promise<void> {
    this.#fill();
    this.#left -= spentMs;
    if (this.#left >= 0) {
      await setImmediate();
      return;
    }
    this.#slowed.add(this);
    await this.#timing.sleep((-this.#left * this.#slowed.size) / SHARE);
    this.#slowed.delete(this);
    this.#left = 0;
    this.#at = this.#timing.now();
  }

  /** Runs work that may be left at each of its steps. */
  inSlices<Value>(steps: Generator<void, Value>): Promise<Value> {
    return inSlices(steps, this.#timing.now, (spentMs) => this.othersTurn(spentMs));
  }

  /** The same for something that is done with each of many items. */
  forEach<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
    return this.inSlices(
      (function* () {
        let done = 0;
        for (const item of items) {
          work(item);
          if (++done % ITEMS_IN_STEP === 0) yield;
        }
      })(),
    );
  }

  /** Work on many items, a part of them at a time. */
  async inParts<Item>(items: readonly Item[], work: (part: readonly Item[]) => Promise<void>): Promise<void> {
    for (let at = 0; at < items.length; at += PART) {
      const startedAt = this.#timing.now();
      await work(items.slice(at, at + PART));
      await this.othersTurn(this.#timing.now() - startedAt);
    }
  }

  /** The database, let alone after each statement. */
  paced(queryable: Queryable): Queryable {
    return {
      query: async <Row extends object>(statement: Statement, values: readonly SqlValue[]) => {
        const startedAt = this.#timing.now();
        const rows = await queryable.query<Row>(statement, values);
        await this.othersTurn(this.#timing.now() - startedAt);
        return rows;
      },
    };
  }

  #fill(): void {
    const now = this.#timing.now();
    this.#left = Math.min(BURST_MS, this.#left + (now - this.#at) * SHARE);
    this.#at = now;
  }
}

/** The paces of the servers whose events come in. */
export class Paces {
  readonly #timing: Timing;
  readonly #slowed = new Set<Pace>();
  readonly #paces = new Map<ServerName, Pace>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  of(server: ServerName): Pace {
    if (this.#paces.size > MAX_REMEMBERED)
      for (const [name, { isRested }] of this.#paces) if (isRested) this.#paces.delete(name);
    const pace = this.#paces.get(server) ?? new Pace(this.#timing, this.#slowed);
    this.#paces.set(server, pace);
    return pace;
  }
}
