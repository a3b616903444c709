import { type ConsumerMessages, DeliverPolicy, type JsMsg, jetstream } from '@nats-io/jetstream';
import { backoffMs } from './backoff.ts';
import type { JetStreamBounds, StreamConnection } from './types.ts';
import { Wakeup } from './wakeup.ts';

export interface LogFollowerOptions {
  readonly connection: StreamConnection;
  readonly stream: JetStreamBounds;
  /** Shown in `nats consumer list`. */
  readonly name: string;
  readonly onMessage: (message: JsMsg) => void;
  readonly onError: (error: unknown) => void;
}

const retryMs = { first: 50, longest: 2_000 };
/** Two missed heartbeats are taken for the end of a subscription. */
const heartbeatMs = 2_000;
const forgottenAfterMs = 30_000;
const endings = new Set([
  'heartbeats_missed',
  'consumer_not_found',
  'stream_not_found',
  'consumer_deleted',
  'no_responders',
]);

/**
 * Follows a stream through an ordered JetStream consumer, from its last message on. Whatever ends it (connection, server, stream wiped), it
 * begins anew from the then last message: what lies between is the owner's to tell, so nothing is resumed.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #wakeup = new Wakeup();
  readonly #stopListening: () => void;
  readonly #running: Promise<void>;
  #messages: ConsumerMessages | undefined;
  #stopping = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    this.#stopListening = options.connection.onConnect(() => this.restart());
    this.#running = this.#run();
  }

  /** Subscribes anew. */
  restart(): void {
    this.#messages?.stop();
    this.#wakeup.signal();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopListening();
    this.restart();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      if (!this.#options.connection.isConnected()) {
        await this.#wakeup.wait(60_000);
        continue;
      }
      try {
        await this.#subscribe();
        failures = 0;
        await this.#deliver();
      } catch (error) {
        failures += 1;
        this.#options.connection.forgetStream(this.#options.stream);
        if (this.#options.connection.isConnected()) this.#options.onError(error);
        await this.#wakeup.wait(backoffMs(failures, retryMs));
      } finally {
        this.#messages?.stop();
        this.#messages = undefined;
      }
    }
  }

  async #subscribe(): Promise<void> {
    const { connection, stream, name } = this.#options;
    await connection.ensureStream(stream);
    if (connection.nats === undefined) throw new Error('not connected to NATS');
    const consumer = await jetstream(connection.nats, { timeout: 2_000 }).consumers.get(
      connection.prefix + stream.name,
      {
        name_prefix: `${name}_${crypto.randomUUID().slice(0, 8)}`,
        filter_subjects: `${connection.prefix}${stream.subject}.0`,
        deliver_policy: DeliverPolicy.Last,
        inactive_threshold: forgottenAfterMs,
      },
    );
    this.#messages = await consumer.consume({
      max_messages: 1_000,
      idle_heartbeat: heartbeatMs,
      expires: 30_000,
      abort_on_missing_resource: true,
    });
  }

  async #deliver(): Promise<void> {
    const messages = this.#messages;
    if (messages === undefined || this.#stopping) return;
    const watching = this.#watch(messages);
    try {
      for await (const message of messages) this.#options.onMessage(message);
    } finally {
      messages.stop();
      await watching;
    }
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      if (!endings.has(status.type)) continue;
      this.#options.connection.forgetStream(this.#options.stream);
      messages.stop();
      return;
    }
  }
}
