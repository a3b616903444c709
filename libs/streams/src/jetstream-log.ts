import {
  type ClusterInfo,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { firstPositionOf, type LogMessage, lastPositionOf, toHeaders } from './message.ts';
import type { StreamRetention } from './metrics.ts';
import type { JetStreamBounds, StreamConnection } from './types.ts';

const timeoutMs = 2_000;
const messageNotFound = 10037;
/** What a server takes that has not told. */
const usualMaxPayload = 1024 * 1024;

/** What a publisher does with the JetStream stream of a log. All methods throw when NATS does not answer within 2 s. */
export class JetStreamLog {
  readonly #connection: StreamConnection;
  readonly #stream: JetStreamBounds;
  readonly #subject: string;

  constructor(connection: StreamConnection, stream: JetStreamBounds) {
    this.#connection = connection;
    this.#stream = stream;
    this.#subject = `${connection.prefix}${stream.subject}.0`;
  }

  get maxPayload(): number {
    return this.#connection.nats?.info?.max_payload ?? usualMaxPayload;
  }

  /** Messages go out in the order of the calls. Resolves with the ack. */
  publish(message: LogMessage, deduplicate: boolean): Promise<{ duplicate: boolean }> {
    const { nats } = this.#connection;
    if (nats === undefined) return Promise.reject(new Error('not connected to NATS'));
    return jetstreamOf(nats).publish(this.#subject, message.payload, {
      headers: toHeaders(message),
      timeout: timeoutMs,
      ...(deduplicate && { msgID: `${this.#stream.name}:${message.first}-${message.last}` }),
    });
  }

  /** The last position of the newest message; 0 when the stream is empty. */
  async lastPosition(): Promise<number> {
    await this.#connection.ensureStream(this.#stream);
    const manager = await this.#manager();
    try {
      const message = await manager.streams.getMessage(this.#name, { last_by_subj: this.#subject });
      return message === null ? 0 : (lastPositionOf({ headers: message.header }) ?? 0);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === messageNotFound) return 0;
      throw error;
    }
  }

  /** What the stream still holds: its first position (0: nothing) and its bytes in NATS. */
  async retention(): Promise<StreamRetention> {
    const manager = await this.#manager();
    const { state, config, cluster } = await manager.streams.info(this.#name);
    const replicas = { wanted: config.num_replicas, current: currentReplicas(cluster) };
    if (state.messages === 0) return { firstPosition: 0, bytes: state.bytes, replicas };
    const message = await manager.streams.getMessage(this.#name, { seq: state.first_seq });
    const firstPosition = message === null ? 0 : (firstPositionOf({ headers: message.header }) ?? 0);
    return { firstPosition, bytes: state.bytes, replicas };
  }

  /** Deletes the stream with all it knows of message ids, and makes it anew. */
  async remake(): Promise<void> {
    const manager = await this.#manager();
    await manager.streams.delete(this.#name);
    this.#connection.forgetStream(this.#stream);
    await this.#connection.ensureStream(this.#stream);
  }

  get #name(): string {
    return this.#connection.prefix + this.#stream.name;
  }

  #manager(): Promise<JetStreamManager> {
    const { nats } = this.#connection;
    if (nats === undefined) throw new Error('not connected to NATS');
    return jetstreamManager(nats, { checkAPI: false, timeout: timeoutMs });
  }
}

/** The leader, and the followers that have what it has. A server alone, which says nothing of a cluster, is one. */
function currentReplicas(cluster: ClusterInfo | undefined): number {
  if (cluster === undefined) return 1;
  const followers = (cluster.replicas ?? []).filter(({ current, offline }) => current && offline !== true).length;
  return followers + (cluster.leader === undefined || cluster.leader === '' ? 0 : 1);
}

const clients = new WeakMap<NatsConnection, JetStreamClient>();

/** One client a connection: making one costs more than a publish. */
function jetstreamOf(nats: NatsConnection): JetStreamClient {
  const known = clients.get(nats) ?? jetstream(nats, { timeout: timeoutMs });
  clients.set(nats, known);
  return known;
}
