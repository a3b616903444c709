import { setTimeout as pass } from 'node:timers/promises';
import { type EphemeralStore, memoryStore, redisStore, setCacheScale } from '@plexus/cache';
import { type PlexusConfig, productVersion } from '@plexus/config';
import {
  type Clock,
  createObservability,
  gauge,
  type Logger,
  type Observability,
  type ProcessObservability,
  processMetrics,
  type Random,
  systemClock,
  systemRandom,
} from '@plexus/observability';
import { type Database, openDatabase } from '@plexus/postgres';
import { serveRpc } from '@plexus/rpc';
import { CommittedHeads, connectStreams, type StreamConnection } from '@plexus/streams';
import { EventLoopWatch } from './health/event-loop-watch.ts';
import { startMetricsServer } from './health/metrics-server.ts';
import { Readiness } from './health/readiness.ts';
import { openHttpSides } from './http-sides.ts';
import { InstallationGuard } from './identity/installation-guard.ts';
import { cacheScale, memoryBudget, thisMachine } from './memory-budget.ts';
import { openClients } from './open-clients.ts';
import { reload } from './reload.ts';
import {
  type Clients,
  type RunningService,
  type ServiceModule,
  type ServiceRuntime,
  serviceNames,
} from './service-module.ts';
import { Teardown, type TeardownStep } from './teardown.ts';
import { exitOnUncaughtErrors } from './uncaught-errors.ts';

type Port = { readonly host: string; readonly port: number };

export interface RunProcessOptions {
  /** Any set of services; none for a gateway alone. */
  readonly modules: readonly ServiceModule[];
  readonly config: PlexusConfig;
  /** Port 0 takes a free one. */
  readonly listen: {
    readonly http?: Port | undefined;
    readonly rpc?: Port | undefined;
    readonly metrics: Port;
    readonly federation?: Port | undefined;
  };
  /** Hands on to other processes what none of these services answers. */
  readonly gateway: boolean;
  /** Without it the process is this one's alone: it logs to standard output, traces, and ends when an error is uncaught. */
  readonly observability?: Observability;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Gives up a start that waits for the database. */
  readonly signal?: AbortSignal;
  /** What is opened elsewhere, for tests; it is not closed here. */
  readonly resources?: {
    readonly database?: Database;
    readonly streams?: StreamConnection;
    readonly ephemeral?: EphemeralStore;
  };
}

export interface RunningProcess {
  readonly addresses: {
    readonly http: Port | undefined;
    readonly rpc: Port | undefined;
    readonly metrics: Port;
    readonly federation: Port | undefined;
  };
  /** As the services of this process see each other and the rest. */
  readonly clients: Clients;
  readonly log: Logger;
  /** Readiness off and, after `shutdown.drainMs`, long polls ended, listeners closed, services stopped, connections closed: within ten seconds. */
  stop(): Promise<void>;
  /** Takes log level, rate limits and registrations of application services from a changed configuration. @throws Error when it cannot; nothing is changed then */
  reload(config: PlexusConfig): Promise<void>;
}

/** Requests and calls in hand get this long in a shutdown, and each service to finish its work. */
const GRACE_MS = 3_000;

/**
 * Starts services in one process and opens its listeners, once the database answers. When anything fails, what was started is stopped again.
 * @throws InstallationError when the database, the configuration and this version do not belong together
 */
export async function runProcess(options: RunProcessOptions): Promise<RunningProcess> {
  // What can be reloaded is replaced in this copy, which everything in the process looks at.
  const live = { ...options, config: { ...options.config } };
  if (options.observability !== undefined) return startOrUndo(live, options.observability, []);
  const own = ownObservability(live);
  return startOrUndo(live, own, [{ name: 'observability', end: () => own.shutdown() }]);
}

async function startOrUndo(
  options: RunProcessOptions,
  observability: Observability,
  opened: readonly TeardownStep[],
): Promise<RunningProcess> {
  const teardown = new Teardown(observability.log);
  for (const { name, end } of opened) teardown.add(name, end);
  try {
    return await start(options, observability, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(
  options: RunProcessOptions,
  observability: Observability,
  teardown: Teardown,
): Promise<RunningProcess> {
  const { config, listen, gateway, clock = systemClock } = options;
  const modules = serviceNames.flatMap((name) => options.modules.filter((module) => module.name === name));
  const budget = memoryBudget(config.memory.budget, thisMachine());
  setCacheScale(observability, cacheScale(budget, modules));
  gauge(observability, processMetrics.memoryBudget).set(budget);
  const resources = modules.length === 0 ? undefined : openResources(options, observability, teardown);
  const guard = resources && new InstallationGuard({ ...resources, modules, config, log: observability.log });
  const readiness = new Readiness(resources && { ...resources, installation: guard });
  const eventLoop = new EventLoopWatch();
  teardown.add('event loop watch', async () => eventLoop.stop());
  gauge(observability, processMetrics.buildInfo).set(
    { service: nameOf(modules), version: productVersion(), node: process.versions.node },
    1,
  );
  const metrics = await startMetricsServer(listen.metrics, readiness, eventLoop, observability);
  teardown.add('metrics', () => metrics.close());

  await guard?.admit(options.signal);
  const names = new Set(modules.map(({ name }) => name));
  const { clients, bind, close } = openClients(config, names, observability);
  teardown.add('clients', async () => close());
  const runtime: ServiceRuntime | undefined = resources && {
    config,
    observability,
    ...resources,
    clients,
    signal: options.signal,
  };
  const services = runtime === undefined ? [] : await startServices(modules, runtime, { bind, readiness, teardown });

  const rpc = listen.rpc && (await openRpc(listen.rpc, services, config, observability, teardown));
  const sides = await openHttpSides({
    name: nameOf(modules),
    config,
    observability,
    clock,
    runtime,
    services,
    listen,
    gateway,
  });
  teardown.add('listeners', () => sides.close(GRACE_MS));
  teardown.add('long polls', async () => {
    sides.drain();
    await Promise.all(services.map((service) => service.drain()));
  });
  const { drainMs } = config.shutdown;
  const leave = async () => {
    readiness.phase = 'stopping';
    sides.leave();
    // Callers and gateways need this long to hear of it; what they send meanwhile is answered as ever.
    await pass(drainMs);
  };
  teardown.add('readiness', leave, drainMs);
  readiness.phase = 'running';
  const addresses = {
    http: sides.http,
    rpc,
    metrics: { host: listen.metrics.host, port: metrics.port },
    federation: sides.federation,
  };
  observability.log.info({ services: [...names], gateway, ...addresses }, 'started');
  return {
    addresses,
    clients,
    log: observability.log,
    stop: () => teardown.run(),
    reload: async (next) => {
      await reload(next, { live: config, services, observability });
      sides.reloadCertificates();
    },
  };
}

function openResources(
  { config, resources, modules, clock = systemClock, random = systemRandom }: RunProcessOptions,
  observability: Observability,
  teardown: Teardown,
): Pick<ServiceRuntime, 'clock' | 'random' | 'database' | 'streams' | 'ephemeral' | 'heads'> {
  const heads = config.soleProcess ? new CommittedHeads(clock) : undefined;
  const database =
    resources?.database ??
    openDatabase({
      ...config.postgres,
      observability,
      onLostConnection: () => heads?.doubt(),
      applicationName: `plexus ${modules.map(({ name }) => name).join(' ')}`.slice(0, 63),
    });
  if (resources?.database === undefined) teardown.add('database', () => database.close());
  const ephemeral =
    resources?.ephemeral ??
    (config.redis === undefined ? memoryStore(clock) : redisStore(config.redis.url, { log: observability.log }));
  if (resources?.ephemeral === undefined) teardown.add('ephemeral store', () => ephemeral.close());
  const streams = resources?.streams ?? connectStreams({ ...config.nats, observability });
  if (resources?.streams === undefined) teardown.add('streams', () => streams.close());
  return { clock, random, database, streams, ephemeral, heads };
}

async function startServices(
  modules: readonly ServiceModule[],
  runtime: ServiceRuntime,
  parts: {
    readonly bind: (services: RunningService['rpc']) => void;
    readonly readiness: Readiness;
    readonly teardown: Teardown;
  },
): Promise<RunningService[]> {
  const services: RunningService[] = [];
  for (const module of modules) {
    const log = runtime.observability.log.child({ module: module.name });
    const observability = { ...runtime.observability, log };
    const service = await module.start({ ...runtime, observability });
    parts.teardown.add(module.name, () => service.stop());
    parts.readiness.add(module.name, service);
    parts.bind(service.rpc);
    services.push(service);
  }
  return services;
}

async function openRpc(
  listen: Port,
  services: readonly RunningService[],
  config: PlexusConfig,
  observability: Observability,
  teardown: Teardown,
): Promise<Port> {
  const bound = services.flatMap((service) => service.rpc);
  const server = await serveRpc({ bound, listen, token: config.rpc.token, observability });
  teardown.add('rpc', () => server.stop(GRACE_MS));
  return { host: listen.host, port: server.port };
}

/** Of a process in metrics and traces. */
function nameOf([only, ...others]: readonly ServiceModule[]): string {
  return others.length > 0 ? 'plexus' : (only?.name ?? 'gateway');
}

function ownObservability({ config, modules }: RunProcessOptions): ProcessObservability {
  const observability = createObservability({
    service: nameOf(modules),
    level: config.logLevel,
    tracing: config.tracing,
  });
  exitOnUncaughtErrors(observability.log);
  return observability;
}
