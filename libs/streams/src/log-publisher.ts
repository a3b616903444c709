import { attributes, type Observability, SpanKind, spanKinds, systemClock, withSpan } from '@plexus/observability';
import { backoffMs } from './backoff.ts';
import type { CommittedHeads } from './committed-heads.ts';
import { JetStreamLog } from './jetstream-log.ts';
import { beyondTheEnd } from './log-tables.ts';
import { type LogMessage, toMessages } from './message.ts';
import { type PublisherMetrics, publisherMetrics, type StreamReplicas, type StreamRetention } from './metrics.ts';
import type { LogEntry, LogPublisher, LogPublisherOptions, StreamConnection } from './types.ts';
import { Wakeup } from './wakeup.ts';

/** Messages without an ack yet; what comes meanwhile goes out in fewer, bigger ones. */
const maxInFlight = 64;
const maxBatchEntries = 500;
/** What may wait for room in flight; beyond it everything is dropped and read from the log again. */
const maxWaitingEntries = 10_000;
/** After a wipe only the newest part is published again: consumers that miss more read it from the log themselves. */
const maxRepublished = 2_000;
/**
 * What another process committed and died before it published is found by a sweep; consumers find it themselves too. A second look comes
 * sooner where stream and log differ. With a sweep a second three logs took 3 ms/s of CPU for nothing.
 */
const sweepMs = { usual: 5_000, different: 1_000 };
/** For people who watch: nothing is decided by it. */
const retentionMs = 5_000;
/** A stream that says nothing of itself for so long, while NATS is connected, has no leader. */
const silentMs = 30_000;
const sweepRetryMs = { first: 50, longest: 5_000 };

/** Publishes a log's entries as they are handed over, and sweeps: at start, on every connect, after failures, and every five seconds. */
export function startLogPublisher<Entry extends LogEntry>(
  connection: StreamConnection,
  options: LogPublisherOptions<Entry>,
  observability: Observability,
): LogPublisher<Entry> {
  return new RunningPublisher(connection, options, observability);
}

const unknownRetention = { firstPosition: 0, bytes: 0, replicas: { wanted: Number.NaN, current: Number.NaN } };

class RunningPublisher<Entry extends LogEntry> implements LogPublisher<Entry> {
  readonly #connection: StreamConnection;
  readonly #options: LogPublisherOptions<Entry>;
  readonly #observability: Observability;
  readonly #metrics: PublisherMetrics;
  readonly #log: JetStreamLog;
  readonly #wakeup = new Wakeup();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>;
  #waiting: Entry[] = [];
  #published = 0;
  #head = 0;
  #behindSince: number | undefined;
  #behindOf = 0;
  /** The head at the sweep before: what was committed then and is not in the stream now, nobody has published. */
  #settledHead = 0;
  /** The next sweep does not wait for others to publish. */
  #urgent = true;
  #sweepFailures = 0;
  #wasAheadOfLog = false;
  #stopping = false;
  #retention: StreamRetention = unknownRetention;
  #retentionAskedAt = Number.NEGATIVE_INFINITY;
  #retentionKnownAt = Number.NEGATIVE_INFINITY;

  constructor(connection: StreamConnection, options: LogPublisherOptions<Entry>, observability: Observability) {
    this.#connection = connection;
    this.#options = options;
    this.#observability = observability;
    this.#log = new JetStreamLog(connection, options.stream);
    this.#metrics = publisherMetrics(observability, options.stream, {
      head: () => this.#head,
      published: () => this.#published,
      outboxAgeMs: () => this.outboxAgeMs(),
      retention: () => this.#retention,
      replicas: () => this.#replicas(),
    });
    this.#stopListening = connection.onConnect(() => {
      this.#sweepFailures = 0;
      this.#sweepSoon();
    });
    this.#running = this.#sweepForEver();
    if (options.heads !== undefined) void this.#learnHead(options.heads);
  }

  publish(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#options.heads?.committed(this.#options.stream.name, last.position);
    this.#head = Math.max(this.#head, last.position);
    this.#noteProgress();
    // What is not sent now the sweep of the next connection finds.
    if (this.#stopping || !this.#connection.isConnected()) return;
    this.#waiting.push(...entries);
    if (this.#waiting.length > maxWaitingEntries) {
      this.#waiting = [];
      this.#sweepSoon();
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
    const { promise: timeUp, resolve } = Promise.withResolvers<'time up'>();
    const timer = setTimeout(() => resolve('time up'), timeoutMs);
    while (this.#inFlight.size > 0) {
      if ((await Promise.race([...this.#inFlight, timeUp])) === 'time up') break;
    }
    clearTimeout(timer);
    this.#waiting = [];
    await Promise.race([this.#running, timeUp]);
  }

  /** What was committed before this process started. When it cannot be read, the first commit tells. */
  async #learnHead(heads: CommittedHeads): Promise<void> {
    const { stream, readLog } = this.#options;
    try {
      const { head } = await readLog({ from: beyondTheEnd, to: undefined, limit: 1 });
      heads.committed(stream.name, head);
    } catch (error) {
      this.#warn(error, 'the head of the log could not be read');
    }
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#inFlight.size < maxInFlight) {
      const batch = this.#waiting.splice(0, maxBatchEntries);
      for (const message of toMessages(this.#options.stream, batch, this.#log.maxPayload)) this.#send(message);
    }
  }

  /** What fails here is found missing by the sweep that it calls for. */
  #send(message: LogMessage): void {
    const sent = this.#publishMessage(message, true)
      .then(
        () => undefined,
        (error: unknown) => {
          this.#warn(error, 'a message was not acked');
          this.#connection.forgetStream(this.#options.stream);
          this.#sweepSoon();
        },
      )
      .finally(() => {
        this.#inFlight.delete(sent);
        this.#sendWaiting();
      });
    this.#inFlight.add(sent);
  }

  /** @returns true when the stream knew the message already. */
  async #publishMessage(message: LogMessage, deduplicate: boolean): Promise<boolean> {
    const start = systemClock.monotonic();
    try {
      const { duplicate } = await this.#traced(message, () => this.#log.publish(message, deduplicate));
      this.#metrics.publishSeconds.observe((systemClock.monotonic() - start) / 1_000);
      this.#published = Math.max(this.#published, message.last);
      this.#noteProgress();
      return duplicate;
    } catch (error) {
      this.#metrics.publishFailures.inc();
      throw error;
    }
  }

  #traced<T>(message: LogMessage, work: () => Promise<T>): Promise<T> {
    if (message.traceparent === '') return work();
    return withSpan(
      `${spanKinds.publish} ${this.#options.stream.name}`,
      {
        [attributes.messagingSystem]: 'nats',
        [attributes.messagingDestination]: this.#options.stream.name,
        [attributes.messagingBatch]: message.count,
        [attributes.lastPosition]: message.last,
      },
      work,
      { kind: SpanKind.PRODUCER, parent: message.traceparent, links: message.links },
    );
  }

  /** While sweeps fail their back-off is not cut short: every message that fails calls for one. */
  #sweepSoon(): void {
    this.#urgent = true;
    if (this.#sweepFailures === 0) this.#wakeup.signal();
  }

  async #sweepForEver(): Promise<void> {
    while (!this.#stopping) {
      let pauseMs = sweepMs.usual;
      try {
        if (this.#connection.isConnected() && (await this.#sweep()) === 'different') pauseMs = sweepMs.different;
        this.#sweepFailures = 0;
      } catch (error) {
        this.#sweepFailures += 1;
        this.#urgent = true;
        this.#connection.forgetStream(this.#options.stream);
        if (this.#connection.isConnected()) this.#warn(error, 'a sweep of the log failed');
        pauseMs = backoffMs(this.#sweepFailures, sweepRetryMs);
      }
      await this.#wakeup.wait(pauseMs);
    }
  }

  /** Publishes what the log has and the stream has not; says how it found them. */
  async #sweep(): Promise<'equal' | 'different'> {
    const urgent = this.#urgent;
    const inStream = await this.#log.lastPosition();
    const { head } = await this.#options.readLog({ from: inStream + 1, to: undefined, limit: 1 });
    const settled = urgent ? head : Math.min(this.#settledHead, head);
    this.#urgent = false;
    this.#settledHead = head;
    this.#head = Math.max(head, inStream);
    this.#published = inStream;
    this.#noteProgress();
    if (inStream > head) await this.#leaveUndoneLog(inStream, head);
    else if (inStream < settled) await this.#republish(Math.max(inStream + 1, head - maxRepublished + 1), head);
    this.#wasAheadOfLog = inStream > head;
    await this.#askRetention();
    return inStream === head ? 'equal' : 'different';
  }

  async #askRetention(): Promise<void> {
    const now = systemClock.monotonic();
    if (now - this.#retentionAskedAt < retentionMs) return;
    this.#retentionAskedAt = now;
    this.#retention = await this.#log.retention();
    this.#retentionKnownAt = systemClock.monotonic();
  }

  #replicas(): StreamReplicas {
    const { replicas } = this.#retention;
    if (this.#connection.nats === undefined) return unknownRetention.replicas;
    const isSilent = systemClock.monotonic() - this.#retentionKnownAt > silentMs;
    return isSilent ? { ...replicas, current: 0 } : replicas;
  }

  /**
   * The stream carries entries that the log does not have: the database was restored to an earlier point. They never happened, and their
   * message ids would shadow those of new entries. Done at the second sight, since the log is read after the stream.
   */
  async #leaveUndoneLog(inStream: number, head: number): Promise<void> {
    if (!this.#wasAheadOfLog) return;
    const fields = { stream: this.#options.stream.name, inStream, head };
    this.#observability.log.warn(fields, 'the stream is ahead of its log and is made anew');
    await this.#log.remake();
    this.#head = head;
    this.#published = 0;
    this.#sweepSoon();
  }

  async #republish(first: number, head: number): Promise<void> {
    let from = first;
    while (from <= head && !this.#stopping) {
      const { entries } = await this.#options.readLog({ from, to: head, limit: maxBatchEntries });
      const last = entries.at(-1);
      if (last === undefined) throw new Error(`the log gives nothing from ${from} to its head ${head}`);
      for (const message of toMessages(this.#options.stream, entries, this.#log.maxPayload)) {
        // A duplicate that the stream does not end with was removed from it since: published again without an id.
        if (await this.#publishMessage(message, true)) await this.#publishMessage(message, false);
      }
      this.#metrics.republished.inc(entries.length);
      from = last.position + 1;
    }
  }

  /** Under load something is always in flight: the age counts from the entries that were missing when it last began to count. */
  #noteProgress(): void {
    if (this.#published >= this.#head) {
      this.#behindSince = undefined;
    } else if (this.#behindSince === undefined || this.#published >= this.#behindOf) {
      this.#behindSince = systemClock.monotonic();
      this.#behindOf = this.#head;
    }
  }

  #warn(error: unknown, message: string): void {
    this.#observability.log.warn({ stream: this.#options.stream.name, error }, message);
  }
}
