import { errors } from '@plexus/http';
import { type Clock, isTemporary } from '@plexus/observability';
import { withCallOptions } from '@plexus/rpc';
import type { CommittedHeads, LogConsumer } from '@plexus/streams';
import { NextAnswer } from './next-answer.ts';

/** The logs that this service reads. */
export type ReadLogName = 'room' | 'user' | 'receipt';

/** One log, as far as reads wait for it. */
export interface BarrierLog {
  /** Name of its stream. */
  readonly name: string;
  /** How far this replica has taken the log in. */
  position(): number;
  /** Asks the log's owner how far it is committed. */
  askHead(): Promise<number>;
  consumer(): Pick<LogConsumer, 'waitForCommitted'>;
}

/** How long a read waits for its replica before the client is told to try again. */
const maxWaitMs = 10_000;

/**
 * A read that begins after a write was answered sees that write, whoever wrote it and whichever replica
 * reads: it learns how far the logs have been committed, and waits until this replica's index has come as
 * far.
 */
export class ReadBarrier {
  readonly #logs: Readonly<Record<ReadLogName, BarrierLog>>;
  readonly #heads: CommittedHeads | undefined;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #questions: Readonly<Record<ReadLogName, NextAnswer<number>>>;

  constructor(
    logs: Readonly<Record<ReadLogName, BarrierLog>>,
    heads: CommittedHeads | undefined,
    clock: Pick<Clock, 'monotonic'>,
  ) {
    this.#logs = logs;
    this.#heads = heads;
    this.#clock = clock;
    const question = (log: BarrierLog) =>
      new NextAnswer(() => withCallOptions({ timeoutMs: maxWaitMs }, () => log.askHead()));
    this.#questions = { room: question(logs.room), user: question(logs.user), receipt: question(logs.receipt) };
  }

  /** Whether memory alone says that this replica has everything that is committed. */
  isPassed(names: readonly ReadLogName[]): boolean {
    if (this.#heads === undefined) return false;
    for (const name of names) {
      const log = this.#logs[name];
      const head = this.#heads.of(log.name);
      if (head === undefined || head > log.position()) return false;
    }
    return true;
  }

  /**
   * Resolves when this replica has what was committed before the call.
   * @throws MatrixHttpError 503 when that takes too long, or an owner does not answer
   */
  async pass(names: readonly ReadLogName[]): Promise<void> {
    if (this.isPassed(names)) return;
    const dueAt = this.#clock.monotonic() + maxWaitMs;
    const passed = await Promise.all(names.map((name) => this.#passLog(name, dueAt)));
    if (!passed.every(Boolean)) throw errors.unavailable();
  }

  /**
   * Resolves when this replica has come to a position that is committed.
   * @throws MatrixHttpError 503 when that takes too long
   */
  async reach(name: ReadLogName, position: number): Promise<void> {
    const log = this.#logs[name];
    const isReached = position <= log.position() || (await log.consumer().waitForCommitted(position, maxWaitMs));
    if (!isReached) throw errors.unavailable();
  }

  async #passLog(name: ReadLogName, dueAt: number): Promise<boolean> {
    const log = this.#logs[name];
    const head = this.#heads?.of(log.name) ?? (await this.#asked(name, dueAt));
    if (head === undefined) return false;
    if (head <= log.position()) return true;
    return log.consumer().waitForCommitted(head, dueAt - this.#clock.monotonic());
  }

  /** The head that the owner tells; undefined when it does not in time. */
  async #asked(name: ReadLogName, dueAt: number): Promise<number | undefined> {
    const { promise: timeUp, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), dueAt - this.#clock.monotonic());
    try {
      return await Promise.race([this.#questions[name].get(), timeUp]);
    } catch (error) {
      if (isTemporary(error)) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
