import type { NatsConnection } from '@nats-io/transport-node';
import type { CommittedHeads } from './committed-heads.ts';

/** Every entry of a log: its gapless position in commit order, and the trace that made it. */
export interface LogEntry {
  position: number;
  traceparent: string;
}

/** A stream that carries the newest part of a log (a PostgreSQL table of its producer). */
export interface LogStream<Entry extends LogEntry> {
  /** Name in JetStream, for example ROOM_LOG. */
  readonly name: string;
  readonly kind: 'log';
  /** Subject prefix; messages go to `<subject>.<partition>`. */
  readonly subject: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly producer: string;
  readonly consumers: readonly string[];
  encode(entries: readonly Entry[]): Uint8Array;
  decode(payload: Uint8Array): Entry[];
  /** What an entry stands in line with, for example its room: when one cannot be applied, those of its line wait behind it. */
  lineOf(entry: Entry): string | undefined;
}

/** Things that may be forgotten: newest wins, no log behind it. Carried by core NATS, which keeps nothing: age and bytes are 0. */
export interface BroadcastStream<Message> {
  readonly name: string;
  readonly kind: 'broadcast';
  readonly subject: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly producer: string;
  readonly consumers: readonly string[];
  encode(message: Message): Uint8Array;
  decode(payload: Uint8Array): Message;
}

/** A row of the topology: what a stream is called and how it is bounded, without its payload. */
export interface StreamDescription {
  readonly name: string;
  readonly kind: 'log' | 'broadcast';
  readonly subject: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly producer: string;
  readonly consumers: readonly string[];
  /** Planned: its producer is still to come. */
  readonly status: 'live' | 'planned';
}

/** What JetStream must know of a log stream. */
export type JetStreamBounds = Pick<LogStream<LogEntry>, 'name' | 'subject' | 'maxAgeMs' | 'maxBytes'>;

/** The connection to NATS: made without waiting, kept for ever, with jitter between tries. */
export interface StreamConnection {
  /** False while there is no server; everything goes on from the logs meanwhile. */
  isConnected(): boolean;
  /** Why the server that answered is not used; undefined when it is, or none has answered. */
  refusal(): string | undefined;
  /** The raw client, for request/reply; undefined while not connected for the first time. */
  readonly nats: NatsConnection | undefined;
  /** Called on every connect and reconnect. */
  onConnect(listener: () => void): () => void;
  /** Called when the connection is lost. */
  onDisconnect(listener: () => void): () => void;
  /** Set before every stream name and subject, so that several Plexus (or tests) share one NATS; '' usually. */
  readonly prefix: string;
  /** Creates the JetStream stream with its bounds, or brings its bounds up to date; once a connection, until `forgetStream`. */
  ensureStream(stream: JetStreamBounds): Promise<void>;
  /** Tells that the stream was seen missing: the next `ensureStream` looks again. */
  forgetStream(stream: JetStreamBounds): void;
  close(): Promise<void>;
}

/**
 * Reads a log from its owner: entries from..to in order without a gap, at most `limit` (fewer when they are big), and the last committed position.
 */
export type ReadLog<Entry extends LogEntry> = (range: {
  from: number;
  to: number | undefined;
  limit: number;
}) => Promise<{ entries: Entry[]; head: number }>;

export interface LogPublisher<Entry extends LogEntry> {
  /**
   * Hands over entries that are committed. Never throws and never waits: what is not acked is repeated, what was lost is read from the
   * log again (on reconnect, and when the stream's last position stays behind the log's head).
   */
  publish(entries: readonly Entry[]): void;
  /** Age of the oldest committed entry that the stream is known not to carry; 0 when there is none. Readiness looks at it. */
  outboxAgeMs(): number;
  /** Publishes what is waiting, at most for `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

export interface LogPublisherOptions<Entry extends LogEntry> {
  readonly stream: LogStream<Entry>;
  readonly readLog: ReadLog<Entry>;
  /** Learns of every commit, in the only process that writes to the log. */
  readonly heads?: CommittedHeads | undefined;
}

export interface LogConsumer {
  /** Last position whose effects are in force here. */
  position(): number;
  /** Resolves when position() ≥ wanted, or false after timeoutMs. */
  waitFor(position: number, timeoutMs: number): Promise<boolean>;
  /**
   * The same for a position that the owner is known to have committed: when the stream does not bring the entries soon, they are read from
   * the owner.
   */
  waitForCommitted(position: number, timeoutMs: number): Promise<boolean>;
  /** Entries the owner has and this consumer has not, as last known. */
  lag(): number;
  /** Time since it last knew that it was up to date; readiness looks at it. */
  behindMs(): number;
  /** Finishes the batch in hand. */
  stop(): Promise<void>;
}

export interface LogConsumerOptions<Entry extends LogEntry> {
  readonly stream: LogStream<Entry>;
  /** Service that consumes, as in the topology. */
  readonly consumer: string;
  /** Stored position: the last whose effects are committed (0: none). Read at start and after a failed apply. */
  loadPosition(): Promise<number>;
  readonly readLog: ReadLog<Entry>;
  /**
   * The effects of consecutive entries and the new position, in one transaction. Called one batch at a time, in order, never with a gap.
   * When it throws it is tried again with back-off; after five failures entry by entry, and the one that fails is parked.
   */
  apply(entries: readonly Entry[]): Promise<void>;
  /** Stores the entry that cannot be applied in the dead-letter table and moves the position past it, in one transaction. */
  park(entry: Entry, error: unknown): Promise<void>;
  /** Applies again what an operator has released from the dead letters; how many entries. Asked every few seconds, between batches. */
  retryParked?(): Promise<number>;
}
