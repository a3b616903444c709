import type { PlexusConfig } from '@plexus/config';
import type { Clock, Logger } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { ServiceModule } from '../service-module.ts';
import { untilAnswered } from '../until-answered.ts';
import type { InstallationError } from './installation-error.ts';
import { installationProblems, noteSigningKeys, signingKeyProblems } from './installation-problems.ts';

export interface GuardOptions {
  readonly database: Database;
  /** What runs in the process. */
  readonly modules: readonly ServiceModule[];
  readonly config: PlexusConfig;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Probes come every few seconds from several sides; the answer changes when somebody migrates the database. */
const ANSWER_KEPT_MS = 5_000;

/** Holds the services of a process away from a database that is not theirs, and waits with them for one that is away. */
export class InstallationGuard {
  readonly #options: GuardOptions;
  #askedAt = Number.NEGATIVE_INFINITY;
  #answer: Promise<readonly string[]> = Promise.resolve([]);
  #isKeyNoted = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the services may work on the database; while it gives no answer it is asked again.
   * @throws InstallationError with a sentence for the operator, or the reason of the signal
   */
  async admit(signal: AbortSignal | undefined): Promise<void> {
    const { log } = this.#options;
    const examine = async () => {
      const [problem] = await this.#examine();
      if (problem !== undefined) throw problem;
    };
    await untilAnswered(examine, { log, signal, message: 'the database gives no answer; the services wait for it' });
  }

  /** For readiness. What a database that is away does not say is no problem of the installation. */
  problems(): Promise<readonly string[]> {
    const now = this.#options.clock.monotonic();
    if (now - this.#askedAt >= ANSWER_KEPT_MS) {
      this.#askedAt = now;
      this.#answer = this.#examine().then(
        (problems) => problems.map(({ message }) => message),
        () => [],
      );
    }
    return this.#answer;
  }

  async #examine(): Promise<InstallationError[]> {
    const { database, modules, config, clock } = this.#options;
    const problems = await installationProblems(database, modules, config);
    if (problems.length > 0 || !modules.some(({ signs }) => signs === true)) return problems;
    // A running process signs with the key that it has loaded at its start, whatever is in the file since.
    if (this.#isKeyNoted) return [];
    const wrong = await signingKeyProblems(database, config, clock.now());
    if (wrong.length === 0) await this.#noteKey();
    return wrong;
  }

  /** A database that takes no writes just now is no reason to stay away: the key is noted at the next occasion. */
  async #noteKey(): Promise<void> {
    const { database, config, clock } = this.#options;
    try {
      await noteSigningKeys(database, config, clock.now());
      this.#isKeyNoted = true;
    } catch (error) {
      this.#options.log.debug({ error }, 'the signing key in use was not noted');
    }
  }
}
