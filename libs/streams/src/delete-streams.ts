import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { ConnectStreamsOptions } from './connect-streams.ts';
import { topology } from './topology.ts';

const streamNotFound = 10059;

/**
 * Removes the product's streams: after a restore they carry entries that the logs do not have. Publishers make them anew.
 * @returns how many there were
 * @throws Error of the client when no server answers
 */
export async function deleteStreams(
  options: Pick<ConnectStreamsOptions, 'servers' | 'token' | 'user' | 'password'>,
): Promise<number> {
  const { servers, token, user, password } = options;
  const nats = await connect({
    servers: [...servers],
    ...(token !== undefined && { token }),
    ...(user !== undefined && password !== undefined && { user, pass: password }),
    name: 'plexus restore',
    timeout: 2_000,
    reconnect: false,
  });
  try {
    const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 5_000 });
    let removed = 0;
    for (const { name } of topology.filter(({ kind }) => kind === 'log')) {
      try {
        if (await manager.streams.delete(name)) removed++;
      } catch (error) {
        if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error;
      }
    }
    return removed;
  } finally {
    await nats.close();
  }
}
