import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  endServer,
  privateDirectory,
  type RunningServer,
  runNats,
  runPostgres,
  runRedis,
} from './servers/run-server.ts';

/** A server of the test's own, which it stops and starts again at the same URL. */
export interface OwnServer {
  readonly url: string;
  /** As its operator would: PostgreSQL by its fast shutdown. */
  stop(): Promise<void>;
  /** What it had stored is there again. Does nothing while it runs. */
  start(): Promise<void>;
  /** Stops it for good and removes its files. */
  end(): Promise<void>;
}

export function ownPostgres(): Promise<OwnServer> {
  return ownServer('postgres', (directory) => runPostgres(directory));
}

export function ownNats(): Promise<OwnServer> {
  return ownServer('nats', (directory, port) => runNats(directory, port));
}

export function ownRedis(): Promise<OwnServer> {
  return ownServer('redis', (directory, port) => runRedis(directory, port));
}

function isRunning({ process: { exitCode, signalCode } }: RunningServer): boolean {
  return exitCode === null && signalCode === null;
}

async function ownServer(
  name: string,
  run: (directory: string, port: number) => Promise<RunningServer>,
): Promise<OwnServer> {
  const root = await mkdtemp(join(tmpdir(), `plexus-${name}-`));
  await privateDirectory(root);
  const directory = join(root, 'server');
  let server = await run(directory, 0);
  const { url } = server;
  return {
    url,
    stop: () => endServer(server.process),
    async start() {
      if (isRunning(server)) return;
      server = await run(directory, Number(new URL(url).port));
    },
    async end() {
      await endServer(server.process);
      await rm(root, { recursive: true, force: true });
    },
  };
}
