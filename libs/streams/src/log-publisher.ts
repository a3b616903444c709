import { JetStreamApiError, type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { attributes, type Observability, SpanKind, spanKinds, systemClock, withSpan } from '@plexus/observability';
import { backoffMs } from './backoff.ts';
import { type LogMessage, lastPositionOf, toHeaders, toMessages } from './message.ts';
import { type PublisherMetrics, publisherMetrics } from './metrics.ts';
import type { LogEntry, LogPublisher, LogPublisherOptions, StreamConnection } from './types.ts';
import { Wakeup } from './wakeup.ts';

const maxInFlight = 64;
const maxBatchEntries = 500;
/** What may wait for room in flight; beyond it everything is dropped and read from the log again. */
const maxWaitingEntries = 10_000;
/** After a wipe only the newest part is published again: consumers that miss more read it from the log themselves. */
const maxRepublished = 2_000;
const ackTimeoutMs = 2_000;
const sweepMs = 1_000;
const sweepRetryMs = { first: 50, longest: 5_000 };
const messageNotFound = 10037;

/** Publishes a log's entries as they are handed over, and sweeps: at start, on every connect, after failures, and once a second. */
export function startLogPublisher<Entry extends LogEntry>(
  connection: StreamConnection,
  options: LogPublisherOptions<Entry>,
  observability: Observability,
): LogPublisher<Entry> {
  return new RunningPublisher(connection, options, observability);
}

class RunningPublisher<Entry extends LogEntry> implements LogPublisher<Entry> {
  readonly #connection: StreamConnection;
  readonly #options: LogPublisherOptions<Entry>;
  readonly #observability: Observability;
  readonly #metrics: PublisherMetrics;
  readonly #wakeup = new Wakeup();
  readonly #running: Promise<void>;
  readonly #stopListening: () => void;
  readonly #inFlight = new Set<Promise<void>>();
  #waiting: Entry[] = [];
  #published = 0;
  #head = 0;
  /** The head at the sweep before: what was committed then and is not in the stream now was not published by anyone. */
  #settledHead = 0;
  /** The next sweep does not give others the time of a sweep to publish. */
  #urgent = true;
  #behindSince: number | undefined;
  #aheadOfLog = false;
  #stopping = false;

  constructor(connection: StreamConnection, options: LogPublisherOptions<Entry>, observability: Observability) {
    this.#connection = connection;
    this.#options = options;
    this.#observability = observability;
    this.#metrics = publisherMetrics(observability, options.stream.name, {
      head: () => this.#head,
      published: () => this.#published,
      outboxAgeMs: () => this.outboxAgeMs(),
    });
    this.#stopListening = connection.onConnect(() => this.#sweepNow());
    this.#running = this.#sweepForEver();
  }

  publish(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#head = Math.max(this.#head, last.position);
    this.#noteProgress();
    if (this.#stopping || !this.#connection.isConnected()) return;
    this.#waiting.push(...entries);
    if (this.#waiting.length > maxWaitingEntries) {
      this.#waiting = [];
      this.#sweepNow();
    }
    this.#sendWaiting();
  }

  outboxAgeMs(): number {
    return this.#behindSince === undefined ? 0 : systemClock.monotonic() - this.#behindSince;
  }

  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    this.#wakeup.signal();
    const deadline = systemClock.monotonic() + timeoutMs;
    while (this.#inFlight.size > 0 && systemClock.monotonic() < deadline) {
      const timeout = new Wakeup();
      await Promise.race([...this.#inFlight, timeout.wait(deadline - systemClock.monotonic())]);
      timeout.signal();
    }
    this.#waiting = [];
    await this.#running;
  }

  #sendWaiting(): void {
    const { nats } = this.#connection;
    if (nats === undefined) return;
    while (this.#waiting.length > 0 && this.#inFlight.size < maxInFlight) {
      const batch = this.#waiting.splice(0, maxBatchEntries);
      const client = jetstream(nats, { timeout: ackTimeoutMs });
      for (const message of toMessages(this.#options.stream, batch, nats.info?.max_payload ?? 1024 * 1024)) {
        const sent = this.#send(client, message).finally(() => {
          this.#inFlight.delete(sent);
          this.#sendWaiting();
        });
        this.#inFlight.add(sent);
      }
    }
  }

  /** What fails here is found missing by the sweep that it calls for. */
  async #send(client: JetStreamClient, message: LogMessage): Promise<void> {
    try {
      await this.#publishMessage(client, message, true);
    } catch (error) {
      this.#warn(error, 'a message was not acked');
      this.#connection.forgetStream(this.#options.stream);
      this.#sweepNow();
    }
  }

  async #publishMessage(client: JetStreamClient, message: LogMessage, deduplicate: boolean): Promise<boolean> {
    const { stream } = this.#options;
    const start = systemClock.monotonic();
    const work = () =>
      client.publish(`${this.#connection.prefix}${stream.subject}.0`, message.payload, {
        headers: toHeaders(message),
        timeout: ackTimeoutMs,
        ...(deduplicate && { msgID: `${stream.name}:${message.first}-${message.last}` }),
      });
    try {
      const ack = message.traceparent === '' ? await work() : await this.#traced(message, work);
      this.#metrics.publishSeconds.observe((systemClock.monotonic() - start) / 1_000);
      this.#published = Math.max(this.#published, message.last);
      this.#noteProgress();
      return ack.duplicate;
    } catch (error) {
      this.#metrics.publishFailures.inc();
      throw error;
    }
  }

  #traced<T>(message: LogMessage, work: () => Promise<T>): Promise<T> {
    return withSpan(
      `${spanKinds.publish} ${this.#options.stream.name}`,
      {
        [attributes.messagingSystem]: 'nats',
        [attributes.messagingDestination]: this.#options.stream.name,
        [attributes.messagingBatch]: message.count,
        [attributes.lastPosition]: message.last,
      },
      work,
      { kind: SpanKind.PRODUCER, parent: message.traceparent },
    );
  }

  #sweepNow(): void {
    this.#urgent = true;
    this.#wakeup.signal();
  }

  async #sweepForEver(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      try {
        if (this.#connection.isConnected()) await this.#sweep();
        failures = 0;
        if (!this.#urgent || !this.#connection.isConnected()) await this.#wakeup.wait(sweepMs);
      } catch (error) {
        failures += 1;
        this.#urgent = true;
        this.#connection.forgetStream(this.#options.stream);
        if (this.#connection.isConnected()) this.#warn(error, 'a sweep of the log failed');
        await this.#pause(backoffMs(failures, sweepRetryMs));
      }
    }
  }

  /** Publishes what the log has and the stream has not. */
  async #sweep(): Promise<void> {
    const urgent = this.#urgent;
    this.#urgent = false;
    await this.#connection.ensureStream(this.#options.stream);
    const inStream = await this.#lastPositionInStream();
    const { head } = await this.#options.readLog({ from: inStream + 1, to: undefined, limit: 1 });
    const settled = urgent ? head : Math.min(this.#settledHead, head);
    this.#settledHead = head;
    this.#head = head;
    this.#published = inStream;
    this.#noteProgress();
    if (await this.#isOfAnotherLog(inStream, head)) return;
    if (inStream < settled) await this.#republish(Math.max(inStream + 1, head - maxRepublished + 1), head);
  }

  async #lastPositionInStream(): Promise<number> {
    const { nats, prefix } = this.#connection;
    if (nats === undefined) throw new Error('not connected to NATS');
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: ackTimeoutMs });
    const { name, subject } = this.#options.stream;
    try {
      const message = await manager.streams.getMessage(prefix + name, { last_by_subj: `${prefix}${subject}.0` });
      return (message === null ? undefined : lastPositionOf({ headers: message.header })) ?? 0;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === messageNotFound) return 0;
      throw error;
    }
  }

  /** The database was restored to an earlier point: what the stream carries beyond it never happened, and its message ids would shadow new ones. */
  async #isOfAnotherLog(inStream: number, head: number): Promise<boolean> {
    const before = this.#aheadOfLog;
    this.#aheadOfLog = inStream > head;
    if (!this.#aheadOfLog || !before || this.#connection.nats === undefined) return this.#aheadOfLog;
    this.#observability.log.warn(
      { stream: this.#options.stream.name, inStream, head },
      'the stream is ahead of its log and is made anew',
    );
    const manager = await jetstreamManager(this.#connection.nats, { checkAPI: false, timeout: ackTimeoutMs });
    await manager.streams.delete(this.#connection.prefix + this.#options.stream.name);
    this.#connection.forgetStream(this.#options.stream);
    this.#aheadOfLog = false;
    this.#sweepNow();
    return true;
  }

  async #republish(first: number, head: number): Promise<void> {
    let from = first;
    while (from <= head && !this.#stopping && this.#connection.nats !== undefined) {
      const { entries } = await this.#options.readLog({ from, to: head, limit: maxBatchEntries });
      const last = entries.at(-1);
      if (last === undefined) throw new Error(`the log gives nothing from ${from} to its head ${head}`);
      const { nats } = this.#connection;
      const client = jetstream(nats, { timeout: ackTimeoutMs });
      for (const message of toMessages(this.#options.stream, entries, nats.info?.max_payload ?? 1024 * 1024)) {
        // A duplicate that the stream does not end with was removed from it since: published again without an id.
        if (await this.#publishMessage(client, message, true)) await this.#publishMessage(client, message, false);
      }
      this.#metrics.republished.inc(entries.length);
      from = last.position + 1;
    }
  }

  #noteProgress(): void {
    if (this.#published >= this.#head) this.#behindSince = undefined;
    else this.#behindSince ??= systemClock.monotonic();
  }

  async #pause(milliseconds: number): Promise<void> {
    await this.#wakeup.wait(milliseconds);
  }

  #warn(error: unknown, message: string): void {
    this.#observability.log.warn({ stream: this.#options.stream.name, error: String(error) }, message);
  }
}
