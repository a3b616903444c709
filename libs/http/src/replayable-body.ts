import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** So much of a body is kept to be sent again: a whole event, a whole JSON body of nearly every client. */
const MAX_KEPT_BYTES = 256 * 1024;

/**
 * The body of a request that may be sent to a second replica. It takes nothing from the client's connection until it is read, so it is whole
 * as long as no replica has taken of it; what was taken is kept up to a limit.
 */
export class ReplayableBody {
  readonly #source: AsyncIterator<Buffer>;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isWhole = true;
  #hasEnded = false;
  #pulling: Promise<void> | undefined;

  /** Undefined for a request without a body. */
  static of(incoming: IncomingMessage): ReplayableBody | undefined {
    const { 'transfer-encoding': encoding, 'content-length': length } = incoming.headers;
    return encoding === undefined && Number(length ?? 0) === 0 ? undefined : new ReplayableBody(incoming);
  }

  private constructor(incoming: IncomingMessage) {
    this.#source = incoming.iterator({ destroyOnReturn: false });
  }

  /** Whether another reader would get all of it. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** From its beginning. One reader at a time; one that is given up loses nothing to the next. */
  read(): Readable {
    const chunks = this.#chunks();
    return new Readable({
      read() {
        chunks.next().then(
          ({ value }) => this.push(value ?? null),
          (error: Error) => this.destroy(error),
        );
      },
      // Without an error: it would count as the failure of a request that has its answer already.
      destroy: (_error, done) => done(null),
    });
  }

  async *#chunks(): AsyncGenerator<Buffer, void> {
    for (let next = 0; ; next++) {
      while (next >= this.#kept.length) {
        if (this.#hasEnded) return;
        await this.#pull();
      }
      const chunk = this.#kept[next];
      if (chunk === undefined) return;
      if (!this.#isWhole) {
        this.#kept = this.#kept.slice(next + 1);
        next = -1;
      }
      yield chunk;
    }
  }

  /** Reads and drops what no reader has taken; ends with the body or with the client's connection. */
  async drop(): Promise<void> {
    this.#isWhole = false;
    try {
      while (!this.#hasEnded) {
        this.#kept = [];
        await this.#pull();
      }
    } catch {
      // The client went away: nothing is left to drop.
      this.#hasEnded = true;
    }
  }

  #pull(): Promise<void> {
    this.#pulling ??= this.#take().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #take(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done === true) {
      this.#hasEnded = true;
      return;
    }
    this.#kept.push(value);
    this.#keptBytes += value.length;
    if (this.#keptBytes > MAX_KEPT_BYTES) this.#isWhole = false;
  }
}
