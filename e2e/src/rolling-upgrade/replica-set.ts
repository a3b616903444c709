import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@plexus/cli/servers';
import { type ServiceName, serviceNames } from '@plexus/service';
import { sharedServer, type TestDatabase, type TestNats, testDatabase, testNats } from '@plexus/testkit';
import { NoAnswerError, send } from '../stack/http-client.ts';
import { checkout } from '../stack/stack.ts';

interface Replica {
  readonly name: string;
  readonly configFile: string;
  readonly metricsPort: number;
  process: ChildProcess;
}

export interface ReplicaSet {
  /** Of the gateway, which stays. */
  readonly url: string;
  /** Of one replica's own HTTP side. */
  urlOf(service: ServiceName, index: number): string;
  /** Stops one replica as a deployment does, with SIGTERM, and starts another in its place; resolves when that one is ready. */
  replace(service: ServiceName, index: number): Promise<{ readonly exitCode: number | null }>;
  stop(): Promise<void>;
}

const READY_MS = 90_000;
/** How long a replica goes on serving after it said that it stops: a gateway's connections to it are given up in this time. */
const DRAIN_MS = 3_000;

/**
 * Replicas of every service, each a process of its own, behind one gateway, on PostgreSQL, NATS and Redis.
 * @param count how many replicas a service has
 */
export async function startReplicaSet(count: (service: ServiceName) => number = () => 2): Promise<ReplicaSet> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-e2e-rolling-'));
  const [database, nats, redis] = await Promise.all([
    testDatabase(serviceNames.filter((name) => name !== 'typing' && name !== 'clientapi')),
    testNats(),
    sharedServer('redis'),
  ]);
  const replicas: Replicas = new Map();
  const stop = async () => {
    await Promise.all([...replicas.values()].map((replica) => stopped(replica.process)));
    await Promise.all([database.drop(), nats.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await startAll(replicas, folder, { database, nats, redis }, count);
  } catch (error) {
    await stop();
    throw error;
  }
  const gateway = replicas.get('gateway');
  if (gateway === undefined) throw new Error('a replica set has a gateway');
  return {
    url: gateway.url,
    urlOf: (service, index) => replicaOf(replicas, service, index).url,
    async replace(service, index) {
      const replica = replicaOf(replicas, service, index);
      const exitCode = await stopped(replica.process);
      replica.process = started(replica.name, replica.configFile);
      await ready(replica);
      return { exitCode };
    },
    stop,
  };
}

type Replicas = Map<string, Replica & { readonly url: string }>;

function replicaOf(replicas: Replicas, service: ServiceName, index: number) {
  const replica = replicas.get(`${service}-${index}`);
  if (replica === undefined) throw new Error(`there is no replica ${index} of ${service}`);
  return replica;
}

interface Servers {
  readonly database: TestDatabase;
  readonly nats: TestNats;
  readonly redis: string;
}

async function startAll(
  replicas: Replicas,
  folder: string,
  servers: Servers,
  count: (service: ServiceName) => number,
): Promise<void> {
  const names = serviceNames.flatMap((service) =>
    Array.from({ length: count(service) }, (_, index) => ({ service, index })),
  );
  const ports = await freePorts((names.length + 1) * 3);
  const take = () => ({ rpc: ports.pop() ?? 0, http: ports.pop() ?? 0, metrics: ports.pop() ?? 0 });
  const placed = names.map((name) => ({ ...name, ports: take() }));
  const shared = await sharedConfig(folder, servers);
  const add = async (name: string, own: { rpc: number; http: number; metrics: number }, services: object) => {
    const at = (port: number) => ({ host: '127.0.0.1', port });
    const listen = { http: at(own.http), metrics: at(own.metrics), ...(name !== 'gateway' && { rpc: at(own.rpc) }) };
    const configFile = join(folder, `${name}.json`);
    await writeFile(configFile, JSON.stringify({ ...shared, listen, services }));
    const process = started(name, configFile);
    const replica = { name, configFile, metricsPort: own.metrics, process, url: `http://127.0.0.1:${own.http}` };
    replicas.set(name, replica);
    await ready(replica);
  };
  const peers = (except: string | undefined) =>
    Object.fromEntries(
      serviceNames
        .filter((service) => service !== except)
        .map((service) => {
          const own = placed.filter((replica) => replica.service === service).map((replica) => replica.ports);
          const rpc = own.map((port) => `127.0.0.1:${port.rpc}`);
          return [service, { rpc, http: own.map((port) => `http://127.0.0.1:${port.http}`) }];
        }),
    );
  for (const { service, index, ports: own } of placed) await add(`${service}-${index}`, own, peers(service));
  await add('gateway', take(), peers(undefined));
}

async function sharedConfig(folder: string, { database, nats, redis }: Servers): Promise<object> {
  const signingKeyFile = join(folder, 'signing.key');
  const seed = randomBytes(32).toString('base64').replace(/=+$/, '');
  await writeFile(signingKeyFile, `ed25519 a_1 ${seed}\n`, { mode: 0o600 });
  return {
    serverName: 'localhost',
    publicBaseUrl: 'http://127.0.0.1',
    postgres: { url: database.url, maxConnections: 4 },
    nats: { servers: [nats.url] },
    redis: { url: redis },
    signingKeyFile,
    rpc: { token: randomBytes(16).toString('hex') },
    registration: { open: true },
    rateLimits: { enabled: false },
    passwords: { memoryKib: 1024, iterations: 1 },
    media: { directory: join(folder, 'media') },
    shutdown: { drainMs: DRAIN_MS },
    logLevel: 'warn',
  };
}

function started(name: string, configFile: string): ChildProcess {
  const [service = ''] = name.split('-');
  const main = join(checkout, 'cli', 'src', 'main.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'run', service, '--config', configFile],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const log = createWriteStream(logOf(configFile), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return child;
}

const logOf = (configFile: string) => configFile.replace(/json$/, 'log');

async function ready({ name, configFile, metricsPort, process: child }: Replica): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) break;
    if (await isReady(metricsPort)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} is not ready:\n${await readFile(logOf(configFile), 'utf8')}`);
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await send(`http://127.0.0.1:${port}`, 'GET', '/health/ready', { timeoutMs: 1_000 })).status === 200;
  } catch (error) {
    if (error instanceof NoAnswerError) return false;
    throw error;
  }
}

function stopped(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}
