import type { Clock } from '@plexus/observability';
import { type Queryable, type Statement, sql } from '@plexus/postgres';

const eventRange = sql(
  'roomserver_take_event_numbers',
  `INSERT INTO roomserver.event_number_ranges (first, taken_at)
   SELECT nextval('roomserver.event_numbers'), to_timestamp($1::float8 / 1000) RETURNING first`,
);
const roomRange = sql('roomserver_take_room_numbers', `SELECT nextval('roomserver.room_numbers') AS first`);

/** Sizes are the increments of the sequences. */
const kinds = {
  event: { statement: eventRange, size: 2048, timed: true },
  room: { statement: roomRange, size: 64, timed: false },
} as const;

/** A range older than this is dropped, so that the age of an event can be told from its range. */
export const RANGE_LIFETIME_MS = 60 * 60 * 1000;

interface Range {
  next: number;
  readonly end: number;
  readonly expires: number;
}

/** Hands out numbers that no other process has: a round trip for some hundreds of them. */
export class NumberRange {
  readonly #queryable: Queryable;
  readonly #clock: Clock;
  readonly #statement: Statement;
  readonly #size: number;
  readonly #timed: boolean;
  #current: Range = { next: 0, end: 0, expires: 0 };
  #coming: Promise<Range> | undefined;

  constructor(kind: keyof typeof kinds, queryable: Queryable, clock: Clock) {
    this.#queryable = queryable;
    this.#clock = clock;
    this.#statement = kinds[kind].statement;
    this.#size = kinds[kind].size;
    this.#timed = kinds[kind].timed;
  }

  /** A number at once, or a promise of it when a new range has to be taken. */
  take(): number | Promise<number> {
    const range = this.#current;
    if (range.next < range.end && this.#clock.monotonic() < range.expires) return range.next++;
    return this.#takeFromNew();
  }

  async #takeFromNew(): Promise<number> {
    for (;;) {
      this.#coming ??= this.#fetch();
      const range = await this.#coming;
      this.#current = range;
      if (range.next < range.end) return range.next++;
    }
  }

  async #fetch(): Promise<Range> {
    const expires = this.#clock.monotonic() + RANGE_LIFETIME_MS;
    try {
      const [row] = await this.#queryable.query<{ first: number }>(
        this.#statement,
        this.#timed ? [this.#clock.now()] : [],
      );
      if (row === undefined) throw new Error('a sequence without a next number');
      return { next: row.first, end: row.first + this.#size, expires };
    } finally {
      this.#coming = undefined;
    }
  }
}
