import { type Clock, type Logger, outsideOfTrace } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { RoomserverMetrics } from '../metrics.ts';
import { compressColdBodies } from './compress-cold-bodies.ts';
import { removeLostBodies } from './remove-lost-bodies.ts';

export interface ColdBodiesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: RoomserverMetrics;
  readonly log: Logger;
  /** Names this process among its replicas. */
  readonly process: string;
  /** Age after which a body is compressed; undefined: none is, and blocks are only mended. */
  readonly afterMs: number | undefined;
}

/** How long nothing is looked for when there was nothing to do. */
const IDLE_MS = 60_000;
/** A batch of t milliseconds is followed by a pause of nine times t: a tenth of one connection and of one core at most. */
const PAUSE_PER_BATCH = 9;

/** Keeps compressing what gets cold, in the background. Several replicas may run it: one at a time works. */
export class ColdBodies {
  readonly #options: ColdBodiesOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ColdBodiesOptions) {
    this.#options = options;
    this.#schedule(IDLE_MS);
  }

  /** Resolves when the batch in hand is written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = outsideOfTrace(() =>
      setTimeout(() => {
        this.#working = this.#work();
      }, delayMs),
    );
    this.#timer.unref();
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#options;
    const start = clock.monotonic();
    let isMore = false;
    try {
      isMore = await this.#batch();
    } catch (error) {
      log.warn({ err: error }, 'cold bodies were not compressed');
    }
    this.#schedule(isMore ? PAUSE_PER_BATCH * (clock.monotonic() - start) : IDLE_MS);
  }

  /** Whether there is more to do. */
  async #batch(): Promise<boolean> {
    const { database, clock, metrics, process, afterMs } = this.#options;
    const mended = await removeLostBodies(database);
    if (afterMs === undefined) return mended > 0;
    const done = await compressColdBodies(database, { process, before: clock.now() - afterMs });
    if (done === undefined) return mended > 0;
    metrics.bodiesCompressed.inc(done.bodies);
    metrics.coldBacklog.set(done.left);
    return mended > 0 || done.left > 0;
  }
}
