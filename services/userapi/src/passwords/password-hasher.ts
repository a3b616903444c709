import { gauge, histogram, type Observability, type Random, userapiMetrics } from '@plexus/observability';
import { BoundedWork } from '@plexus/service';
import { argon2id, type PasswordCost, verifyArgon2id } from './argon2id.ts';

/** Who waits behind so many others has given up before it is its turn. */
const MAX_WAITING = 256;

const SALT_BYTES = 16;

/**
 * argon2id on libuv's threads. As many at once as the machine has cores: more would be no faster, and each takes `memoryKib`, so memory is
 * bounded by cores × memoryKib. 19 MiB and 2 iterations (OWASP's figures) take about 20 ms of one core.
 */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  readonly #random: Random;
  readonly #work = new BoundedWork({ maxWaiting: MAX_WAITING });
  readonly #seconds;
  readonly #decoy: Promise<string>;

  constructor(cost: PasswordCost, random: Random, observability: Observability) {
    this.#cost = cost;
    this.#random = random;
    this.#seconds = histogram(observability, userapiMetrics.passwordHashSeconds);
    gauge(observability, userapiMetrics.passwordHashesWaiting, (metric) => metric.set(this.#work.waiting));
    this.#decoy = this.hash(random.bytes(32).toString('base64'));
  }

  /** @throws TooMuchWork */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => argon2id(password, this.#random.bytes(SALT_BYTES), this.#cost));
  }

  /**
   * Whether the password is the one that was hashed. Without a hash (no such user, no password) the answer is false after the same time.
   * @throws TooMuchWork
   */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const compared = passwordHash ?? (await this.#decoy);
    const matches = await this.#inTurn(() => verifyArgon2id(compared, password));
    return matches && passwordHash !== undefined;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#work.run(async () => {
      const end = this.#seconds.startTimer();
      try {
        return await work();
      } finally {
        end();
      }
    });
  }
}
