import {
  DiscardPolicy,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { connect, type NatsConnection, nanos } from '@nats-io/transport-node';
import { gauge, type Observability, streamMetrics } from '@plexus/observability';
import { backoffMs } from './backoff.ts';
import { isAcceptedNats, oldestNats } from './nats-version.ts';
import type { JetStreamBounds, StreamConnection } from './types.ts';
import { Wakeup } from './wakeup.ts';

export interface ConnectStreamsOptions {
  /** nats://host:port of one or more servers of one cluster. */
  readonly servers: readonly string[];
  readonly token?: string | undefined;
  /** The token's alternative. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly observability: Observability;
  /** Set before every stream name and subject; letters, digits and underscores. */
  readonly prefix?: string;
  /** Copies of every stream in a cluster of several NATS servers; 1 when absent. */
  readonly replicas?: number;
}

const reconnectMs = { first: 100, longest: 2_000 };
const duplicateWindowMs = 2 * 60 * 1_000;
const streamNameInUse = 10058;

/** Begins to connect and returns at once; it tries for ever. */
export function connectStreams(options: ConnectStreamsOptions): StreamConnection {
  return new NatsStreams(options);
}

class NatsStreams implements StreamConnection {
  readonly prefix: string;
  readonly #options: ConnectStreamsOptions;
  readonly #connectListeners = new Set<() => void>();
  readonly #disconnectListeners = new Set<() => void>();
  readonly #ensured = new Map<string, Promise<void>>();
  readonly #wakeup = new Wakeup();
  readonly #running: Promise<void>;
  #nats: NatsConnection | undefined;
  #connected = false;
  #refusal: string | undefined;
  #closed = false;

  constructor(options: ConnectStreamsOptions) {
    this.#options = options;
    this.prefix = options.prefix ?? '';
    gauge(options.observability, streamMetrics.connected, (connected) => connected.set(this.#connected ? 1 : 0));
    this.#running = this.#run();
  }

  get nats(): NatsConnection | undefined {
    return this.#nats;
  }

  isConnected(): boolean {
    return this.#connected;
  }

  refusal(): string | undefined {
    return this.#refusal;
  }

  onConnect(listener: () => void): () => void {
    this.#connectListeners.add(listener);
    return () => void this.#connectListeners.delete(listener);
  }

  onDisconnect(listener: () => void): () => void {
    this.#disconnectListeners.add(listener);
    return () => void this.#disconnectListeners.delete(listener);
  }

  ensureStream(stream: JetStreamBounds): Promise<void> {
    const known = this.#ensured.get(stream.name);
    if (known !== undefined) return known;
    const ensuring = this.#ensure(stream).catch((error: unknown) => {
      this.#ensured.delete(stream.name);
      throw error;
    });
    this.#ensured.set(stream.name, ensuring);
    return ensuring;
  }

  forgetStream(stream: JetStreamBounds): void {
    this.#ensured.delete(stream.name);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeup.signal();
    await this.#nats?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closed) {
      try {
        const nats = await this.#connect();
        await this.#follow(nats);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) this.#options.observability.log.warn({ error }, 'no connection to NATS');
        await this.#wakeup.wait(backoffMs(failures, reconnectMs));
      }
    }
  }

  #connect(): Promise<NatsConnection> {
    const { servers, token, user, password } = this.#options;
    return connect({
      servers: [...servers],
      ...(token !== undefined && { token }),
      ...(user !== undefined && password !== undefined && { user, pass: password }),
      name: 'plexus',
      timeout: 2_000,
      maxReconnectAttempts: -1,
      // A wrong token may be a server that is being reconfigured.
      ignoreAuthErrorAbort: true,
      // Else every request captures two stacks beforehand: a tenth of the CPU of publishing and consuming.
      noAsyncTraces: true,
      reconnectDelayHandler: () => backoffMs(3, reconnectMs),
      // A half-open connection is noticed after 10 to 15 s.
      pingInterval: 5_000,
      maxPingOut: 2,
    });
  }

  /** Resolves when this connection is closed for good: by us, or because the client gave up. */
  async #follow(nats: NatsConnection): Promise<void> {
    const version = nats.info?.version ?? '';
    if (this.#closed || !isAcceptedNats(version)) await nats.close();
    if (this.#closed) return;
    if (!isAcceptedNats(version)) {
      this.#refusal = `NATS ${version} is older than ${oldestNats} and may lose streams: upgrade it`;
      throw new Error(this.#refusal);
    }
    this.#refusal = undefined;
    this.#nats = nats;
    const { log } = this.#options.observability;
    this.#nowConnected();
    for await (const status of nats.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        if (this.#connected && !this.#closed) log.warn({ reason: status.type }, 'connection to NATS lost');
        this.#nowDisconnected();
      } else if (status.type === 'reconnect') {
        this.#nowConnected();
      } else if (status.type === 'error') {
        log.warn({ error: status.error }, 'NATS reports an error');
      }
    }
    this.#nowDisconnected();
    await nats.closed();
  }

  #nowConnected(): void {
    this.#connected = true;
    this.#ensured.clear();
    this.#options.observability.log.info({}, 'connected to NATS');
    for (const listener of this.#connectListeners) listener();
  }

  #nowDisconnected(): void {
    if (!this.#connected) return;
    this.#connected = false;
    for (const listener of this.#disconnectListeners) listener();
  }

  async #ensure(stream: JetStreamBounds): Promise<void> {
    if (this.#nats === undefined) throw new Error('not connected to NATS');
    const manager = await jetstreamManager(this.#nats, { checkAPI: false, timeout: 2_000 });
    const config = this.#config(stream);
    try {
      await manager.streams.add(config);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
      await manager.streams.update(config.name, config);
    }
  }

  #config(stream: JetStreamBounds): Pick<StreamConfig, 'name'> & Partial<StreamConfig> {
    return {
      name: this.prefix + stream.name,
      subjects: [`${this.prefix}${stream.subject}.*`],
      retention: RetentionPolicy.Limits,
      // File and memory publish equally fast; a file spares the log's owner the reads after a restart of NATS.
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_age: nanos(stream.maxAgeMs),
      max_bytes: stream.maxBytes,
      duplicate_window: nanos(Math.min(duplicateWindowMs, stream.maxAgeMs)),
      num_replicas: this.#options.replicas ?? 1,
      allow_direct: true,
    };
  }
}
