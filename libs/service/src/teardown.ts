import type { Logger } from '@plexus/observability';
import { within } from './within.ts';

/** Longer than any part may take for what it has in hand. */
const STEP_WITHIN_MS = 4_000;

export interface TeardownStep {
  readonly name: string;
  readonly end: () => Promise<void>;
  /** It may take so much longer than others. */
  readonly extraMs?: number;
}

/** What must be ended, last opened first. Every step is taken, whatever becomes of those before. */
export class Teardown {
  readonly #log: Logger;
  readonly #steps: TeardownStep[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, end: () => Promise<void>, extraMs = 0): void {
    this.#steps.push({ name, end, extraMs });
  }

  /** Ends everything once; later calls wait for the same end. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        if ((await within(STEP_WITHIN_MS + (step.extraMs ?? 0), step.end(), 'late')) === 'late')
          this.#log.warn({ part: step.name }, 'took too long to stop, going on without it');
      } catch (error) {
        this.#log.error({ error, part: step.name }, 'failed to stop, going on without it');
      }
    }
  }
}
