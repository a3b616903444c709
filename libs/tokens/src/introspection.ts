import type { IntrospectedToken, UserapiService } from '@plexus/contracts/userapi';
import { type CallOptions, withCallOptions } from '@plexus/rpc';
import { hashOfKey } from './hash-token.ts';

type Waiting = {
  readonly key: string;
  readonly resolve: (token: IntrospectedToken) => void;
  readonly reject: (error: unknown) => void;
};

/** A request asks for at most this many tokens. */
const MAX_BATCH = 200;

/** Asks userapi about tokens: each is asked for once at a time, and those of one turn of the event loop go in one call. */
export class Introspection {
  readonly #userapi: Pick<UserapiService, 'introspect'>;
  readonly #callOptions: CallOptions;
  readonly #inFlight = new Map<string, Promise<IntrospectedToken>>();
  #waiting: Waiting[] = [];

  constructor(userapi: Pick<UserapiService, 'introspect'>, callOptions: CallOptions) {
    this.#userapi = userapi;
    this.#callOptions = callOptions;
  }

  ask(key: string): Promise<IntrospectedToken> {
    const asked = this.#inFlight.get(key);
    if (asked !== undefined) return asked;
    const answer = new Promise<IntrospectedToken>((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ key, resolve, reject });
    }).finally(() => {
      if (this.#inFlight.get(key) === answer) this.#inFlight.delete(key);
    });
    this.#inFlight.set(key, answer);
    return answer;
  }

  /** Nobody joins the questions that are under way any more: their answers may be of before now. */
  detach(): void {
    this.#inFlight.clear();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += MAX_BATCH)
      void this.#introspect(waiting.slice(start, start + MAX_BATCH));
  }

  async #introspect(batch: readonly Waiting[]): Promise<void> {
    try {
      const tokenHashes = batch.map(({ key }) => hashOfKey(key));
      const { tokens } = await withCallOptions(this.#callOptions, () => this.#userapi.introspect({ tokenHashes }));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const token = tokens[index];
        if (token === undefined) reject(new Error('userapi answered for fewer tokens than asked'));
        else resolve(token);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
