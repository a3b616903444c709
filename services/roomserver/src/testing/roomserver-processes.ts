import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RoomserverService, RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import type { Database } from '@plexus/postgres';
import { connectRpc, type RpcConnection, RpcError } from '@plexus/rpc';
import { freePorts, sharedServer, testDatabase, testNats, testObservability } from '@plexus/testkit';

/** `plexus run roomserver` as a process of its own. */
export interface RoomserverProcess {
  readonly service: RoomserverService;
  /** kill -9, and started again. Resolves when the process is gone. */
  crash(): Promise<void>;
}

export interface RoomserverProcesses {
  readonly processes: readonly RoomserverProcess[];
  readonly database: Database;
  close(): Promise<void>;
}

/** Long enough for a loaded machine, short enough that a call is asked of another process while its own starts. */
const CALL_TIMEOUT_MS = 4_000;
const main = fileURLToPath(new URL('../../../../cli/src/main.ts', import.meta.url));

/** Several processes on one database and one NATS, of the test's own. */
export async function openRoomserverProcesses(count: number): Promise<RoomserverProcesses> {
  const [database, nats, redisUrl, folder] = await Promise.all([
    testDatabase(['roomserver']),
    testNats(),
    sharedServer('redis'),
    mkdtemp(join(tmpdir(), 'plexus-roomservers-')),
  ]);
  const signingKeyFile = join(folder, 'signing.key');
  await writeFile(signingKeyFile, `ed25519 a_test ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`);
  const ports = await freePorts(count);
  const processes = await Promise.all(
    ports.map((port, index) =>
      OneProcess.start(join(folder, `replica${index}`), port, {
        serverName: 'example.org',
        publicBaseUrl: 'http://127.0.0.1',
        postgres: { url: database.url },
        nats: { servers: [nats.url] },
        redis: { url: redisUrl },
        signingKeyFile,
        media: { directory: join(folder, 'media') },
        listen: { rpc: { host: '127.0.0.1', port } },
      }),
    ),
  );
  return {
    processes,
    database: database.database,
    async close() {
      await Promise.all(processes.map((process) => process.end()));
      await Promise.all([database.drop(), nats.stop(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

class OneProcess implements RoomserverProcess {
  readonly #path: string;
  readonly #connection: RpcConnection<typeof RoomserverServiceDefinition>;
  #child: ChildProcess | undefined;

  private constructor(path: string, port: number) {
    this.#path = path;
    this.#connection = connectRpc(RoomserverServiceDefinition, [`127.0.0.1:${port}`], {
      defaultTimeoutMs: CALL_TIMEOUT_MS,
      observability: testObservability('caller'),
    });
  }

  static async start(path: string, port: number, config: object): Promise<OneProcess> {
    await writeFile(`${path}.json`, JSON.stringify(config));
    const process = new OneProcess(path, port);
    await process.#spawn();
    await process.#answers();
    return process;
  }

  get service(): RoomserverService {
    return this.#connection.client;
  }

  async crash(): Promise<void> {
    await this.#kill();
    await this.#spawn();
  }

  async end(): Promise<void> {
    this.#connection.close();
    await this.#kill();
  }

  async #spawn(): Promise<void> {
    const log = await open(`${this.#path}.log`, 'a');
    const args = ['--disable-warning=ExperimentalWarning', main, 'run', 'roomserver', '--config', `${this.#path}.json`];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', log.fd, log.fd] });
    await log.close();
  }

  /** Until the first answer; a process that ends before is an error in its configuration. */
  async #answers(): Promise<void> {
    while (this.#child?.exitCode === null) {
      try {
        await this.#connection.client.queryRooms({ roomIds: [] });
        return;
      } catch (error) {
        if (!(error instanceof RpcError && error.retryable)) throw error;
      }
    }
    throw new Error(await readFile(`${this.#path}.log`, 'utf8'));
  }

  async #kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
