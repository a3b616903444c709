import type { NatsConnection } from '@nats-io/transport-node';

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
}

/** A stream of things that may be forgotten: newest wins, no log behind it. */
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

/** The connection to NATS: made without waiting, kept for ever, with jitter between tries. */
export interface StreamConnection {
  /** False while there is no server; everything goes on from the logs meanwhile. */
  isConnected(): boolean;
  /** The raw client, for request/reply; undefined while not connected for the first time. */
  readonly nats: NatsConnection | undefined;
  /** Called on every connect and reconnect. */
  onConnect(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Reads a log from its owner: entries from..to in order, at most `limit`, and the last committed position. */
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
  /** Publishes what is waiting, at most for `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

export interface LogPublisherOptions<Entry extends LogEntry> {
  readonly stream: LogStream<Entry>;
  readonly readLog: ReadLog<Entry>;
}

export interface LogConsumer {
  /** Last position whose effects are in force here. */
  position(): number;
  /** Resolves when position() ≥ wanted, or false after timeoutMs. */
  waitFor(position: number, timeoutMs: number): Promise<boolean>;
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
}
