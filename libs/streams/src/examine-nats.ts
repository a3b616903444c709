import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { ConnectStreamsOptions } from './connect-streams.ts';
import { isAcceptedNats } from './nats-version.ts';
import { topology } from './topology.ts';

/** What a NATS is, as this product needs to know it. */
export interface NatsExamination {
  readonly version: string;
  /** Recent enough to keep its streams when it is killed. */
  readonly accepted: boolean;
  /** Undefined: JetStream is off, or not for this account. Bytes; `limit` is undefined where the server alone sets it. */
  readonly jetStream: { readonly used: number; readonly limit: number | undefined } | undefined;
  /** Bytes that the streams of the product reserve, all copies together. */
  readonly wanted: number;
  /** Those that are there, in bytes that they may grow to. */
  readonly reserved: number;
  /** Milliseconds since the epoch by its clock, and by ours then; undefined before the first stream is made. */
  readonly clock: { readonly server: number; readonly ours: number } | undefined;
}

type Options = Pick<ConnectStreamsOptions, 'servers' | 'token' | 'user' | 'password' | 'replicas'>;

/** Connects once, looks, and leaves again. @throws Error of the client when no server answers within two seconds, or refuses us */
export async function examineNats(options: Options, now: () => number): Promise<NatsExamination> {
  const { servers, token, user, password, replicas = 1 } = options;
  const nats = await connect({
    servers: [...servers],
    ...(token !== undefined && { token }),
    ...(user !== undefined && password !== undefined && { user, pass: password }),
    name: 'plexus doctor',
    timeout: 2_000,
    reconnect: false,
  });
  try {
    const version = nats.info?.version ?? '';
    const bounds = topology.filter(({ kind, status }) => kind === 'log' && status === 'live');
    const wanted = replicas * bounds.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
    if (!isAcceptedNats(version))
      return { version, accepted: false, wanted, jetStream: undefined, reserved: 0, clock: undefined };
    const seen = await examineJetStream(nats, new Set(bounds.map(({ name }) => name)), now);
    return { version, accepted: true, wanted, ...seen };
  } finally {
    await nats.close();
  }
}

async function examineJetStream(
  nats: NatsConnection,
  names: ReadonlySet<string>,
  now: () => number,
): Promise<Pick<NatsExamination, 'jetStream' | 'reserved' | 'clock'>> {
  if (nats.info?.jetstream !== true) return { jetStream: undefined, reserved: 0, clock: undefined };
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 2_000 });
  try {
    const account = await manager.getAccountInfo();
    const limit = account.limits.max_storage > 0 ? account.limits.max_storage : undefined;
    let reserved = 0;
    let clock: NatsExamination['clock'];
    for await (const stream of manager.streams.list()) {
      if (!names.has(stream.config.name)) continue;
      reserved += stream.config.max_bytes * stream.config.num_replicas;
      const asked = now();
      const { ts } = await manager.streams.info(stream.config.name);
      if (ts !== undefined) clock ??= { server: Date.parse(ts), ours: (asked + now()) / 2 };
    }
    return { jetStream: { used: account.storage, limit }, reserved, clock };
  } catch (error) {
    if (error instanceof JetStreamApiError) return { jetStream: undefined, reserved: 0, clock: undefined };
    throw error;
  }
}
