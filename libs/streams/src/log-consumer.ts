import type { JsMsg } from '@nats-io/jetstream';
import { attributes, type Observability, SpanKind, spanKinds, systemClock, withSpan } from '@plexus/observability';
import { type Application, applyEntries } from './apply-entries.ts';
import { backoffMs } from './backoff.ts';
import { LogCursor, type Range } from './log-cursor.ts';
import { LogFollower } from './log-follower.ts';
import { ConsumerPositionMoved } from './log-tables.ts';
import { lastPositionOf, tracesOf } from './message.ts';
import { type ConsumerMetrics, consumerMetrics } from './metrics.ts';
import { PositionWaiters } from './position-waiters.ts';
import type { LogConsumer, LogConsumerOptions, LogEntry, StreamConnection } from './types.ts';
import { Wakeup } from './wakeup.ts';

const cursorLimits = { reorderMs: 20, heldEntries: 5_000, heldBytes: 16 * 1024 * 1024 };
/** Waiting entries are applied together: at 500 the cost of a transaction is spread thin, and a failing batch is still told apart soon. */
const batchLimits = { entries: 500, bytes: 4 * 1024 * 1024 };
const pageEntries = 1_000;
/** What an entry read from the owner counts in the memory bound; messages count their payload. */
const readEntryBytes = 1_024;
/**
 * Silence after which the owner is asked for its head; while NATS is away these questions are the delivery. A log in which nothing happens is
 * asked less and less often: four quiet consumers of one process took 4 ms/s of CPU with a question a second.
 */
const pollMs = { connected: 1_000, quiet: 8_000, disconnected: 150 };
/** How long the message of a committed entry may take before the entry is read from the owner. */
const messageGraceMs = 100;
const readRetryMs = { first: 100, longest: 5_000 };
const applyRetryMs = { first: 50, longest: 5_000 };
/** An operator who has released a room waits for it no longer than this. */
const releaseMs = 5_000;
/** How long the message of entries that the owner was found to have may take, before the subscription is made anew. */
const suspicionMs = 250;

/** Loads the stored position and begins; the owner and NATS may still be away. @throws what loadPosition throws. */
export async function startLogConsumer<Entry extends LogEntry>(
  connection: StreamConnection,
  options: LogConsumerOptions<Entry>,
  observability: Observability,
): Promise<LogConsumer> {
  return new RunningConsumer(connection, options, observability, await options.loadPosition());
}

class RunningConsumer<Entry extends LogEntry> implements LogConsumer {
  readonly #connection: StreamConnection;
  readonly #options: LogConsumerOptions<Entry>;
  readonly #observability: Observability;
  readonly #cursor: LogCursor<Entry>;
  readonly #metrics: ConsumerMetrics;
  readonly #follower: LogFollower;
  readonly #wakeup = new Wakeup();
  readonly #stopSignal = new Wakeup();
  readonly #waiters = new PositionWaiters();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>;
  readonly #application: Application<Entry>;
  #reading: Promise<void> | undefined;
  #readFailures = 0;
  #nextReadAt = 0;
  #heardAt = Number.NEGATIVE_INFINITY;
  #quietPollMs = pollMs.connected;
  #upToDateAt = systemClock.monotonic();
  #suspectAt = Number.POSITIVE_INFINITY;
  #releaseDueAt = systemClock.monotonic() + releaseMs;
  #stopping = false;

  constructor(
    connection: StreamConnection,
    options: LogConsumerOptions<Entry>,
    observability: Observability,
    position: number,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#observability = observability;
    this.#cursor = new LogCursor(position, cursorLimits);
    this.#metrics = consumerMetrics(observability, options.stream.name, options.consumer, this);
    this.#application = this.#applicationOf(options);
    this.#follower = new LogFollower({
      connection,
      stream: options.stream,
      name: options.consumer,
      onMessage: (message) => this.#receive(message),
      onError: (error) => this.#warn(error, 'subscription to the stream failed'),
    });
    this.#stopListening = connection.onDisconnect(() => this.#wakeup.signal());
    this.#running = this.#run();
  }

  position(): number {
    return this.#cursor.position;
  }

  waitFor(position: number, timeoutMs: number): Promise<boolean> {
    return this.#waiters.waitFor(position, this.#cursor.position, timeoutMs);
  }

  async waitForCommitted(position: number, timeoutMs: number): Promise<boolean> {
    const graceMs = this.#connection.isConnected() ? Math.min(messageGraceMs, timeoutMs) : 0;
    if (await this.waitFor(position, graceMs)) return true;
    this.#cursor.announce(position);
    this.#wakeup.signal();
    return this.waitFor(position, timeoutMs - graceMs);
  }

  lag(): number {
    return this.#cursor.lag;
  }

  behindMs(): number {
    return systemClock.monotonic() - this.#upToDateAt;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    this.#wakeup.signal();
    this.#stopSignal.signal();
    await this.#follower.stop();
    await this.#running;
    await this.#reading;
    this.#waiters.end();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#readWhatIsMissing();
      this.#mistrustSilence();
      await this.#retryParked();
      const batch = this.#cursor.take(batchLimits.entries, batchLimits.bytes);
      if (batch.length > 0) await this.#apply(batch);
      else await this.#wakeup.wait(this.#idleMs());
    }
  }

  /** Between batches, so that what is released and what comes after it cannot overtake each other. */
  async #retryParked(): Promise<void> {
    const { retryParked } = this.#options;
    const now = systemClock.monotonic();
    if (retryParked === undefined || now < this.#releaseDueAt) return;
    this.#releaseDueAt = now + releaseMs;
    try {
      const entries = await retryParked();
      if (entries > 0) this.#observability.log.info({ ...this.#names(), entries }, 'parked entries were applied');
    } catch (error) {
      this.#warn(error, 'parked entries could not be applied');
    }
  }

  #receive(message: JsMsg): void {
    const now = systemClock.monotonic();
    this.#suspectAt = Number.POSITIVE_INFINITY;
    if (message.data.length === 0) {
      this.#cursor.announce(lastPositionOf(message) ?? 0);
    } else {
      const entries = this.#decode(message);
      if (entries === undefined) return;
      const received = this.#cursor.receive(entries, message.data.length, now);
      if (received === 'duplicate') this.#metrics.duplicates.inc(entries.length);
      if (received === 'next' || received === 'duplicate') this.#heardAt = now;
      this.#quietPollMs = pollMs.connected;
    }
    this.#wakeup.signal();
  }

  #decode(message: JsMsg): Entry[] | undefined {
    try {
      return this.#options.stream.decode(message.data);
    } catch (error) {
      // Not lost: the positions are missing now, and the owner has them.
      this.#warn(error, 'a message of the stream cannot be read');
      return undefined;
    }
  }

  /** Reads beside the applying, so that a consumer that catches up does both at once. */
  #readWhatIsMissing(): void {
    const now = systemClock.monotonic();
    if (this.#reading !== undefined || now < this.#nextReadAt) return;
    const wanted = this.#cursor.wanted(now);
    if (wanted?.to !== undefined) this.#metrics.gaps.inc();
    const range = wanted ?? (now >= this.#pollDueAt() ? { from: this.#cursor.end + 1, to: undefined } : undefined);
    if (range === undefined) return;
    this.#reading = this.#read(range, wanted === undefined, now).finally(() => {
      this.#reading = undefined;
      this.#wakeup.signal();
    });
  }

  async #read(range: Range, polled: boolean, asked: number): Promise<void> {
    try {
      const { entries, head } = await this.#options.readLog({ ...range, limit: pageEntries });
      const silent = polled && range.from === this.#cursor.end + 1 && this.#heardAt > Number.NEGATIVE_INFINITY;
      this.#cursor.filled(entries, entries.length * readEntryBytes, head);
      this.#metrics.readFromOwner.inc(entries.length);
      this.#quietPollMs = entries.length > 0 ? pollMs.connected : Math.min(2 * this.#quietPollMs, pollMs.quiet);
      if (entries.length > 0 && silent)
        this.#suspectAt = Math.min(this.#suspectAt, systemClock.monotonic() + suspicionMs);
      if (entries.length === 0 && head >= range.from)
        throw new Error(`the owner has ${head} but gives nothing from ${range.from}`);
      this.#heardAt = asked;
      this.#readFailures = 0;
      this.#noteUpToDate(asked);
    } catch (error) {
      this.#readFailures += 1;
      this.#nextReadAt = systemClock.monotonic() + backoffMs(this.#readFailures, readRetryMs);
      this.#warn(error, 'the log could not be read from its owner');
    }
  }

  /** The owner had what the subscription does not bring: it is dead without a sign, as after a wipe of JetStream. */
  #mistrustSilence(): void {
    if (systemClock.monotonic() < this.#suspectAt || !this.#connection.isConnected()) return;
    this.#suspectAt = Number.POSITIVE_INFINITY;
    this.#connection.forgetStream(this.#options.stream);
    this.#follower.restart();
  }

  async #apply(batch: Entry[]): Promise<void> {
    const knownAt = this.#heardAt;
    const start = systemClock.monotonic();
    const expected = batch.at(-1)?.position ?? 0;
    const position = await this.#traced(batch, () => applyEntries(batch, this.#application));
    this.#metrics.applySeconds.observe((systemClock.monotonic() - start) / 1_000);
    if (position === expected) this.#cursor.applied(position);
    else this.#cursor.reset(position);
    this.#noteUpToDate(knownAt);
    this.#waiters.reached(position);
  }

  #traced(batch: readonly Entry[], work: () => Promise<number>): Promise<number> {
    const [parent, ...links] = tracesOf(batch);
    if (parent === undefined) return work();
    return withSpan(
      `${spanKinds.consume} ${this.#options.stream.name}`,
      {
        [attributes.messagingSystem]: 'nats',
        [attributes.messagingDestination]: this.#options.stream.name,
        [attributes.messagingConsumer]: this.#options.consumer,
        [attributes.messagingBatch]: batch.length,
        [attributes.lastPosition]: batch.at(-1)?.position ?? 0,
      },
      work,
      { kind: SpanKind.CONSUMER, parent, links },
    );
  }

  #applicationOf(options: LogConsumerOptions<Entry>): Application<Entry> {
    return {
      apply: (entries) => options.apply(entries),
      park: (entry, error) => options.park(entry, error),
      loadPosition: () => options.loadPosition(),
      pause: (failures) => this.#stopSignal.wait(backoffMs(failures, applyRetryMs)),
      isStopping: () => this.#stopping,
      failed: (error, entries) => {
        if (error instanceof ConsumerPositionMoved) return;
        this.#metrics.applyFailures.inc();
        this.#warn(error, `entries ${entries[0]?.position} to ${entries.at(-1)?.position} could not be applied`);
      },
      parked: (entry, error) => {
        this.#metrics.deadLetters.inc();
        const fields = { ...this.#names(), position: entry.position, error };
        this.#observability.log.error(fields, 'an entry was parked in the dead letters');
      },
      storageFailed: (error) => this.#warn(error, 'the stored position could not be read or moved'),
    };
  }

  #noteUpToDate(knownAt: number): void {
    if (this.#cursor.lag === 0) this.#upToDateAt = Math.max(this.#upToDateAt, knownAt);
  }

  #pollDueAt(): number {
    return this.#heardAt + (this.#connection.isConnected() ? this.#quietPollMs : pollMs.disconnected);
  }

  #idleMs(): number {
    const now = systemClock.monotonic();
    if (this.#reading !== undefined) return pollMs.connected;
    const due = Math.min(this.#cursor.gapDueAt(), this.#pollDueAt(), this.#suspectAt);
    return Math.max(due, this.#nextReadAt) - now;
  }

  #warn(error: unknown, message: string): void {
    this.#observability.log.warn({ ...this.#names(), error }, message);
  }

  #names(): { stream: string; consumer: string } {
    return { stream: this.#options.stream.name, consumer: this.#options.consumer };
  }
}
