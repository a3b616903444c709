import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectStreams, type StreamConnection } from '@plexus/streams';
import { endServer, type RunningServer, runNats } from './servers/run-server.ts';
import { sharedServer } from './servers/shared-server.ts';
import { testObservability } from './test-observability.ts';

export interface TestStreams {
  readonly connection: StreamConnection;
  readonly servers: readonly string[];
  readonly prefix: string;
  /** A second connection to the same streams, as another process would have it. */
  connectAgain(): StreamConnection;
  /** Closes all connections and deletes the streams. */
  close(): Promise<void>;
}

/** A connection to the shared NATS (or to the one `at` a URL) with a prefix of its own, so that tests hear nothing of each other. Connected when it resolves. */
export async function testStreams(at?: string): Promise<TestStreams> {
  const servers = [at ?? (await sharedServer('nats'))];
  const prefix = `t${randomUUID().slice(0, 8)}_`;
  const connections: StreamConnection[] = [];
  const connectAgain = () => {
    const connection = connectStreams({ servers, prefix, observability: testObservability() });
    connections.push(connection);
    return connection;
  };
  const connection = connectAgain();
  await connected(connection);
  return {
    connection,
    servers,
    prefix,
    connectAgain,
    async close() {
      await deleteStreams(connection);
      await Promise.all(connections.map((open) => open.close()));
    },
  };
}

export interface TestNats {
  readonly url: string;
  /** kill -9; what JetStream wrote stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port; `wiped` without what JetStream held. */
  start(options?: { wiped: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** A NATS server of the test's own, to be killed and wiped. */
export async function testNats(): Promise<TestNats> {
  const directory = await mkdtemp(join(tmpdir(), 'plexus-nats-'));
  let server: RunningServer = await runNats(directory);
  const { url } = server;
  return {
    url,
    kill: () => endServer(server.process, 'SIGKILL'),
    async start(options) {
      if (options?.wiped === true) await rm(join(directory, 'jetstream'), { recursive: true, force: true });
      server = await runNats(directory, Number(new URL(url).port));
    },
    async stop() {
      await endServer(server.process);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves when the connection stands. */
export async function connected(connection: StreamConnection): Promise<void> {
  if (connection.isConnected()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = connection.onConnect(resolve);
  await promise;
  stop();
}

async function deleteStreams(connection: StreamConnection): Promise<void> {
  if (connection.nats === undefined || !connection.isConnected()) return;
  const manager = await jetstreamManager(connection.nats, { checkAPI: false });
  for await (const name of manager.streams.names()) {
    if (name.startsWith(connection.prefix)) await manager.streams.delete(name);
  }
}
