import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from './free-ports.ts';

export type ServerKind = 'postgres' | 'nats' | 'redis';

/** A server process that tests use. */
export interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
}

const readyWithinMs = 30_000;

/** Starts PostgreSQL without fsync (a test's data may be lost with the machine), reached through a unix socket in its directory. */
export async function runPostgres(directory: string): Promise<RunningServer> {
  const user = postgresUser();
  const data = join(directory, 'data');
  if (existsSync(data)) return servePostgres(directory);
  await mkdir(directory, { recursive: true });
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const options = { ...user, cwd: directory };
  execFileSync(
    postgresProgram('initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C.UTF-8'],
    {
      ...options,
      stdio: 'pipe',
    },
  );
  return servePostgres(directory);
}

async function servePostgres(directory: string): Promise<RunningServer> {
  const data = join(directory, 'data');
  const options = { ...postgresUser(), cwd: directory };
  const settings = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_connections=300',
    'shared_buffers=128MB',
  ];
  const server = spawn(
    postgresProgram('postgres'),
    ['-D', data, '-k', directory, '-c', 'listen_addresses=', ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  );
  const url = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(directory)}`;
  await untilTakesSessions(server, url);
  return { url, process: server };
}

/** Starts NATS with JetStream; port 0 takes any. */
export async function runNats(directory: string, port = 0): Promise<RunningServer> {
  await mkdir(directory, { recursive: true });
  const configuration = join(directory, 'nats.conf');
  // Streams reserve their bytes: without a generous limit many test files at once would exceed what the disk suggests.
  const jetstream = `jetstream { store_dir: ${JSON.stringify(join(directory, 'jetstream'))}, max_file_store: 10TB, max_memory_store: 1GB }`;
  await writeFile(
    configuration,
    `host: 127.0.0.1\nport: ${port === 0 ? -1 : port}\nports_file_dir: ${JSON.stringify(directory)}\n${jetstream}\n`,
  );
  const server = spawn('nats-server', ['-c', configuration], { stdio: 'ignore' });
  const url = await natsUrl(server, directory);
  await untilConnects(server, Number(new URL(url).port));
  return { url, process: server };
}

export async function runRedis(directory: string, at = 0): Promise<RunningServer> {
  await mkdir(directory, { recursive: true });
  const [port = 0] = at === 0 ? await freePorts(1) : [at];
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory],
    { stdio: 'ignore' },
  );
  await untilConnects(server, port);
  return { url: `redis://127.0.0.1:${port}`, process: server };
}

/** Ends a server: asks, and kills after 5 s. PostgreSQL's SIGINT is its fast shutdown. */
export async function endServer(server: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  const timer = setTimeout(() => server.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

/** PostgreSQL refuses root. */
function postgresUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function postgresProgram(name: string): string {
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, name));
  const debian = [18, 17, 16, 15].map((version) => `/usr/lib/postgresql/${version}/bin/${name}`);
  const found = [...onPath, ...debian].find((program) => existsSync(program));
  if (found === undefined)
    throw new Error(`${name} is not on PATH; tests need PostgreSQL, or its URL in PLEXUS_TEST_POSTGRES`);
  return found;
}

async function natsUrl(server: ChildProcess, directory: string): Promise<string> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const name = (await readdir(directory)).find((file) => file === `nats-server_${server.pid}.ports`);
    const text = name === undefined ? '' : await readFile(join(directory, name), 'utf8');
    const url = /"nats:\/\/[^"]+"/.exec(text)?.[0];
    if (url !== undefined) return url.slice(1, -1);
    await assertAlive(server, deadline);
  }
}

/** PostgreSQL accepts connections some time before it takes sessions. */
async function untilTakesSessions(server: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await takesSessions(url))) await assertAlive(server, deadline);
}

async function takesSessions(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

async function untilConnects(server: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await connects(port))) await assertAlive(server, deadline);
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const connected = await promise;
  socket.destroy();
  return connected;
}

async function assertAlive(server: ChildProcess, deadline: number): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) throw new Error(`${server.spawnfile} ended at its start`);
  if (performance.now() > deadline) throw new Error(`${server.spawnfile} does not answer`);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Makes a directory that only this user enters. */
export async function privateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o711);
}
