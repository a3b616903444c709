import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlexusConfig, parseConfig } from '@plexus/config';
import type { Clock, Random } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { Clients, ServiceModule } from '@plexus/service';
import type { StreamConnection } from '@plexus/streams';
import { sharedServer } from './servers/shared-server.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { testEphemeral } from './test-ephemeral.ts';
import { type TestObservability, testObservability } from './test-observability.ts';
import { type TestStreams, testStreams } from './test-streams.ts';

export interface ClusterOptions {
  /** Services that run; calls to those that do not are answered with UNAVAILABLE. */
  readonly services: readonly ServiceModule[];
  /** Sections of the configuration that differ from `clusterConfig`, as in its file. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** URLs of servers of the test's own, which it may stop; without them the shared ones. */
  readonly servers?: { readonly postgres?: string; readonly nats?: string; readonly redis?: string };
}

export interface Cluster {
  /** Client-server API, for example http://127.0.0.1:40123. */
  readonly baseUrl: string;
  /** /metrics, /health/live and /health/ready. */
  readonly metricsUrl: string;
  /** Server-server API; undefined without federationapi. */
  readonly federationPort: number | undefined;
  readonly clients: Clients;
  readonly config: PlexusConfig;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly streams: StreamConnection;
  readonly observability: TestObservability;
  /** Stops the services, drops the database and the streams, removes the files. */
  stop(): Promise<void>;
}

interface Resources {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly streams: TestStreams;
  readonly ephemeral: Awaited<ReturnType<typeof testEphemeral>>;
}

const anyPort = { host: '127.0.0.1', port: 0 };

/** Any set of services in this process on real servers, everything of its own: database, stream prefix, keys in Redis, files, ports. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const resources = await openResources(options);
  const observability = testObservability('cluster');
  try {
    const config = await clusterConfig(resources, options.config ?? {});
    // Loaded late: tests of the libs below it do without the whole product.
    const { runProcess } = await import('@plexus/service');
    const running = await runProcess({
      modules: options.services,
      config,
      listen: { http: anyPort, metrics: anyPort, federation: anyPort },
      gateway: false,
      observability,
      resources: {
        database: resources.database.database,
        streams: resources.streams.connection,
        ephemeral: resources.ephemeral,
      },
      ...(options.clock !== undefined && { clock: options.clock }),
      ...(options.random !== undefined && { random: options.random }),
    });
    const { http, metrics, federation } = running.addresses;
    return {
      baseUrl: urlOf(http ?? anyPort),
      metricsUrl: urlOf(metrics),
      federationPort: federation?.port,
      clients: running.clients,
      config,
      database: resources.database.database,
      databaseUrl: resources.database.url,
      streams: resources.streams.connection,
      observability,
      async stop() {
        await running.stop();
        await closeResources(resources);
      },
    };
  } catch (error) {
    await closeResources(resources);
    throw error;
  }
}

async function openResources({ services, servers }: ClusterOptions): Promise<Resources> {
  const [folder, database, streams, ephemeral] = await Promise.all([
    mkdtemp(join(tmpdir(), 'plexus-cluster-')),
    testDatabase(services, servers?.postgres),
    testStreams(servers?.nats),
    testEphemeral(servers?.redis),
  ]);
  return { folder, database, streams, ephemeral };
}

async function closeResources({ folder, database, streams, ephemeral }: Resources): Promise<void> {
  await Promise.all([
    database.drop(),
    streams.close(),
    ephemeral.close(),
    rm(folder, { recursive: true, force: true }),
  ]);
}

/** What a test wants unless it says otherwise: open registration, no rate limits, cheap password hashes, loopback reachable. */
async function clusterConfig(
  { folder, database, streams }: Resources,
  overrides: Readonly<Record<string, unknown>>,
): Promise<PlexusConfig> {
  const signingKeyFile = join(folder, 'signing.key');
  await writeFile(
    signingKeyFile,
    `ed25519 a_test ${Buffer.alloc(32, randomUUID()).toString('base64').replace(/=+$/, '')}\n`,
  );
  const parsed = parseConfig({
    serverName: 'plexus.test',
    publicBaseUrl: 'http://127.0.0.1',
    postgres: { url: database.url },
    nats: { servers: streams.servers },
    redis: { url: await sharedServer('redis') },
    signingKeyFile,
    registration: { open: true },
    adminApi: true,
    rateLimits: { enabled: false },
    passwords: { memoryKib: 8, iterations: 1 },
    media: { directory: join(folder, 'media') },
    federation: { verifyCertificates: false, allowedAddressRanges: ['127.0.0.0/8'] },
    logLevel: 'debug',
    ...overrides,
  });
  if (parsed.kind === 'errors') throw new Error(`The cluster's configuration: ${parsed.errors.join('; ')}`);
  return parsed.config;
}

function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${host}:${port}`;
}
