import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, startServersIn } from '@plexus/cli/servers';
import { runCli, servicesSpec } from '@plexus/cli/services';
import { type RoomserverService, RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import { formatSigningKey, signingKeyFromSeed } from '@plexus/matrix';
import { createObservability } from '@plexus/observability';
import { connectRpc } from '@plexus/rpc';
import pg from 'pg';
import { type ProcessGroup, peakResidentOf, sample } from '../measure/processes.ts';
import { serveRemoteServers } from './remote-servers.ts';

/** roomserver alone in a process, reached over gRPC, on a PostgreSQL whose commits wait for the disk. */
export interface RoomserverTarget {
  readonly client: RoomserverService;
  readonly serverName: string;
  /** One session beside the service's. */
  readonly sql: pg.Client;
  readonly postgresUrl: string;
  /** `roomserver` and `database`. */
  readonly groups: readonly [ProcessGroup, ProcessGroup];
  /** Resident bytes of the service, and the most they have been since its start. */
  residentBytes(): number;
  peakBytes(): number;
  /** From now on the peak counts anew. */
  forgetPeak(): void;
  /** Ends the process and starts it anew: nothing is in its memory. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const serverName = 'bench.example.org';
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const TIMEOUT_MS = 60_000;
const GRACE_MS = 10_000;
/** Linux, proc(5): clear_refs. */
const RESET_PEAK = '5';
/** So many calls one client process has in flight at most, as between services. */
const MAX_IN_FLIGHT = 256;

/** Starts all in a folder; what an earlier run left in its database is there again. */
export async function startRoomserver(folder: string, line: (text: string) => void): Promise<RoomserverTarget> {
  mkdirSync(folder, { recursive: true });
  const servers = await startServersIn({ folder, durable: true, line });
  // They are in process groups of their own, which a Ctrl-C does not reach.
  const interrupted = () => void servers.stop().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    const ports = await configure(folder, servers.urls);
    const spec = servicesSpec({
      name: 'roomserver',
      configFile: join(folder, 'config.json'),
      logFile: join(folder, 'roomserver.log'),
      metricsUrl: `http://127.0.0.1:${ports.metrics}`,
      runs: ['roomserver'],
    });
    const observability = createObservability({ service: 'plexus bench', level: 'error' });
    const remote = await serveRemoteServers(RPC_TOKEN, ports.federationapi, observability);
    let service = await servers.start(spec);
    const connection = connectRpc(RoomserverServiceDefinition, [`127.0.0.1:${ports.rpc}`], {
      defaultTimeoutMs: TIMEOUT_MS,
      maxInFlight: MAX_IN_FLIGHT,
      token: RPC_TOKEN,
      observability,
    });
    const sql = new pg.Client({ connectionString: servers.urls.postgres });
    await sql.connect();
    const pidOf = (name: string) => () => [servers.pids()[name]].flatMap((pid) => pid ?? []);
    const groups = [
      { name: 'roomserver', roots: pidOf('roomserver') },
      { name: 'database', roots: pidOf('postgres') },
    ] as const;
    return {
      client: connection.client,
      serverName,
      sql,
      postgresUrl: servers.urls.postgres,
      groups,
      residentBytes: () => sample(groups[0]).residentBytes,
      peakBytes: () => groups[0].roots().reduce((sum, pid) => sum + peakResidentOf(pid), 0),
      forgetPeak() {
        for (const pid of groups[0].roots()) writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
      },
      async restart() {
        await service.stop(GRACE_MS);
        service = await servers.start(spec);
      },
      async stop() {
        for (const signal of SIGNALS) process.off(signal, interrupted);
        connection.close();
        await remote.stop(0);
        await sql.end();
        await servers.stop();
        await observability.shutdown();
      },
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

const RPC_TOKEN = randomBytes(16).toString('hex');

/** Writes the configuration and brings the tables to this version. */
async function configure(
  folder: string,
  urls: Readonly<Record<'postgres' | 'nats' | 'redis', string>>,
): Promise<{ readonly rpc: number; readonly metrics: number; readonly federationapi: number }> {
  const [rpc = 0, metrics = 0, federationapi = 0] = await freePorts(3);
  const signingKeyFile = join(folder, 'signing.key');
  const key = signingKeyFromSeed('bench', Buffer.alloc(32, 7));
  if (key === undefined) throw new Error('the signing key of the benchmark is none');
  await writeFile(signingKeyFile, formatSigningKey(key));
  const config = {
    serverName,
    publicBaseUrl: 'http://127.0.0.1',
    postgres: { url: urls.postgres },
    nats: { servers: [urls.nats] },
    redis: { url: urls.redis },
    signingKeyFile,
    media: { directory: join(folder, 'media') },
    rpc: { token: RPC_TOKEN },
    // Bodies are compressed when a scenario says so, not beside it.
    rooms: { compressAfterDays: 0 },
    services: { federationapi: { rpc: [`127.0.0.1:${federationapi}`] } },
    listen: { rpc: { host: '127.0.0.1', port: rpc }, metrics: { host: '127.0.0.1', port: metrics } },
  };
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config));
  await runCli(['migrate', '--config', file]);
  return { rpc, metrics, federationapi };
}
