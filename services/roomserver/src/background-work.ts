import { type Clock, type Logger, outsideOfTrace } from '@plexus/observability';

export interface BackgroundWorkOptions {
  /** For the log, as in "state migration". */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** One step; true: another can follow. Whatever it throws is logged, and it is tried again later. */
  readonly step: () => Promise<boolean>;
  /** How long nothing is looked for when there was nothing to do. */
  readonly idleMs: number;
  /** How long after the start the first step is; at once when absent. */
  readonly startAfterMs?: number;
  /** A step of t milliseconds is followed by a pause of so many times t. */
  readonly pausePerStep: number;
}

/** Repeats a step in the background, with pauses that leave the database and the event loop to others. */
export class BackgroundWork {
  readonly #options: BackgroundWorkOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: BackgroundWorkOptions) {
    this.#options = options;
    this.#schedule(options.startAfterMs ?? 0);
  }

  /** Resolves when the step in hand is done. */
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
    const { name, clock, log, step, idleMs, pausePerStep } = this.#options;
    const start = clock.monotonic();
    let isMore = false;
    try {
      isMore = await step();
    } catch (error) {
      log.warn({ error }, `${name}: a step failed`);
    }
    this.#schedule(isMore ? pausePerStep * (clock.monotonic() - start) : idleMs);
  }
}
