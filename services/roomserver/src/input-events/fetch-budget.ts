import type { Clock } from '@plexus/observability';

/** What one batch may ask of other servers: a gap that does not close within this is bridged by a state, or left open. */
const MAX_REQUESTS = 40;
/** Of these such as go to servers that have not sent anything: whoever refers to what does not exist has them asked. */
const MAX_REQUESTS_TO_OTHERS = 10;
const MAX_EVENTS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 60_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Counts what a batch has fetched. */
export class FetchBudget {
  readonly #clock: Clock;
  readonly #end: number;
  #requests = 0;
  #requestsToOthers = 0;
  #events = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + MAX_MS;
  }

  /** Bytes that the next answer may have; 0 when there is to be none. */
  get bytesLeft(): number {
    const isSpent =
      this.#requests >= MAX_REQUESTS || this.#events >= MAX_EVENTS || this.#clock.monotonic() >= this.#end;
    return isSpent ? 0 : Math.max(0, Math.min(MAX_ANSWER_BYTES, MAX_BYTES - this.#bytes));
  }

  get hasLeftForOthers(): boolean {
    return this.#requestsToOthers < MAX_REQUESTS_TO_OTHERS;
  }

  /** Notes an answer; as much of it as the budget has room for. */
  spend(texts: readonly string[], by: 'origin' | 'other'): readonly string[] {
    this.#requests++;
    if (by === 'other') this.#requestsToOthers++;
    const taken: string[] = [];
    for (const text of texts) {
      if (this.#events >= MAX_EVENTS || this.#bytes + text.length > MAX_BYTES) break;
      this.#events++;
      this.#bytes += text.length;
      taken.push(text);
    }
    return taken;
  }
}
