import { availableParallelism } from 'node:os';
import { gauge, histogram, type Observability, type Random, userapiMetrics } from '@plexus/observability';
import { argon2id, type PasswordCost, verifyArgon2id } from './argon2id.ts';

/** Who waits behind so many others has given up before it is its turn. */
const MAX_WAITING = 256;

const SALT_BYTES = 16;

/** More passwords wait than can be hashed in time. */
export class TooManyPasswords extends Error {
  override readonly name = 'TooManyPasswords';
}

/**
 * argon2id on libuv's threads. As many at once as the machine has cores: more would be no faster, and each takes `memoryKib`, so memory is
 * bounded by cores × memoryKib. 19 MiB and 2 iterations (OWASP's figures) take about 20 ms of one core.
 */
export class PasswordHasher {
  readonly #cost: PasswordCost;
  readonly #random: Random;
  readonly #maxRunning = availableParallelism();
  readonly #waiting: (() => void)[] = [];
  readonly #seconds;
  readonly #decoy: Promise<string>;
  #running = 0;

  constructor(cost: PasswordCost, random: Random, observability: Observability) {
    this.#cost = cost;
    this.#random = random;
    this.#seconds = histogram(observability, userapiMetrics.passwordHashSeconds);
    gauge(observability, userapiMetrics.passwordHashesWaiting, (metric) => metric.set(this.#waiting.length));
    this.#decoy = this.hash(random.bytes(32).toString('base64'));
  }

  /** @throws TooManyPasswords */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => argon2id(password, this.#random.bytes(SALT_BYTES), this.#cost));
  }

  /**
   * Whether the password is the one that was hashed. Without a hash (no such user, no password) the answer is false after the same time.
   * @throws TooManyPasswords
   */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const compared = passwordHash ?? (await this.#decoy);
    const matches = await this.#inTurn(() => verifyArgon2id(compared, password));
    return matches && passwordHash !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxRunning) this.#running++;
    else await this.#turn();
    const end = this.#seconds.startTimer();
    try {
      return await work();
    } finally {
      end();
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) throw new TooManyPasswords();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
