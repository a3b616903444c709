import { readFile } from 'node:fs/promises';
import type { PlexusConfig } from '@plexus/config';
import { createHttpServer, createRateLimiter, type Handlers, type HttpServer, limitsOf } from '@plexus/http';
import type { Clock, Observability } from '@plexus/observability';
import { operations } from '@plexus/routes';
import { RpcError } from '@plexus/rpc';
import { SessionCache } from '@plexus/tokens';
import { ActivityReporter } from './activity-reporter.ts';
import { proxyTargets } from './proxy-targets.ts';
import type { FederationListener, RunningService, ServiceRuntime } from './service-module.ts';

/** Largest JSON body: a federation transaction of 50 events of 64 KiB and 100 EDUs fits. */
/** Of any JSON body: that of a transaction of another server, the largest. */
const MAX_BODY_BYTES = 12 * 1024 * 1024;

type Port = { readonly host: string; readonly port: number };

/** The listeners for clients and for other servers. */
export interface HttpSides {
  readonly http: Port | undefined;
  readonly federation: Port | undefined;
  /** Sends callers elsewhere with their answers, and goes on answering. */
  leave(): void;
  /** Ends long polls with what they have. */
  drain(): void;
  /** Takes no more connections and lets requests in hand end for so long. */
  close(graceMs: number): Promise<void>;
}

export interface HttpSidesOptions {
  /** Of the process. */
  readonly name: string;
  readonly config: PlexusConfig;
  readonly observability: Observability;
  readonly clock: Clock;
  /** Undefined in a process without services, a gateway alone: it keeps nothing and asks nobody. */
  readonly runtime: ServiceRuntime | undefined;
  readonly services: readonly RunningService[];
  readonly listen: { readonly http?: Port | undefined; readonly federation?: Port | undefined };
  /** Hands on to other processes what none of these services answers. */
  readonly gateway: boolean;
}

/** Opens the listeners over the handlers of all services. When one cannot be opened, what was opened is closed again. */
export async function openHttpSides(options: HttpSidesOptions): Promise<HttpSides> {
  const { config, observability, clock, runtime, services, listen, gateway } = options;
  const handlers = mergeHandlers(services);
  const sessions = runtime !== undefined && Object.keys(handlers).length > 0 ? openSessions(runtime) : undefined;
  const federation = services.find((service) => service.federation !== undefined)?.federation;
  const targets = gateway ? proxyTargets(config, observability.log) : undefined;
  const activity =
    sessions === undefined || runtime === undefined
      ? undefined
      : new ActivityReporter({
          userapi: runtime.clients.userapi,
          service: options.name,
          intervalMs: config.statistics.reportSeconds * 1_000,
          clock,
          observability,
        });
  const longPolls = new AbortController();
  const common = {
    handlers,
    authenticate: sessions?.authenticate ?? refuseAll,
    authenticateOrigin: federation?.authenticateOrigin,
    activity,
    rateLimiter:
      runtime === undefined ? undefined : createRateLimiter(runtime.ephemeral, limitsOf(config), observability),
    maxBodyBytes: MAX_BODY_BYTES,
    observability,
    clock,
    longPollSignal: longPolls.signal,
  };
  const servers: HttpServer[] = [];
  const close = async (graceMs: number) => {
    await Promise.all(servers.map((server) => server.close(graceMs)));
    await activity?.stop();
    targets?.close();
    sessions?.stop();
  };
  const open = async (server: HttpServer, at: Port): Promise<Port> => {
    const { port } = await server.listen(at);
    servers.push(server);
    return { host: at.host, port };
  };
  const openAll = async () => ({
    http: listen.http && (await open(await clientServer(listen.http), listen.http)),
    federation:
      listen.federation && federation && config.federation.enabled
        ? await open(federationServer(federation), listen.federation)
        : undefined,
  });
  try {
    return {
      ...(await openAll()),
      leave: () => {
        for (const server of servers) server.leave();
      },
      drain: () => longPolls.abort(),
      close,
    };
  } catch (error) {
    await close(0);
    throw error;
  }

  async function clientServer(at: Port): Promise<HttpServer> {
    return createHttpServer({
      ...common,
      operations: operations.filter(({ key }) => config.federation.enabled || !key.startsWith('federation.')),
      trustedProxies: trustedProxies(config, at, gateway),
      tls: config.listen.tls && (await readCertificate(config.listen.tls)),
      ...(targets !== undefined && { proxyTo: targets }),
    });
  }

  function federationServer({ tls }: FederationListener): HttpServer {
    return createHttpServer({
      ...common,
      tls,
      operations: operations.filter(({ key }) => key.startsWith('federation.')),
      trustedProxies: config.trustedProxies,
    });
  }
}

/** @throws Error with a sentence for the operator. */
async function readCertificate(files: { readonly certificateFile: string; readonly keyFile: string }) {
  const read = async (name: keyof typeof files) => {
    try {
      return await readFile(files[name], 'utf8');
    } catch (error) {
      throw new Error(`listen.tls.${name}: ${files[name]} cannot be read`, { cause: error });
    }
  };
  return { cert: await read('certificateFile'), key: await read('keyFile') };
}

/** @throws TypeError when two services answer one operation. */
export function mergeHandlers(services: readonly Pick<RunningService, 'handlers'>[]): Handlers {
  const merged: Handlers = {};
  for (const { handlers } of services) {
    for (const key of Object.keys(handlers)) if (key in merged) throw new TypeError(`two services answer ${key}`);
    Object.assign(merged, handlers);
  }
  return merged;
}

function openSessions({ clients, streams, clock, random, observability }: ServiceRuntime) {
  const cache = new SessionCache({ userapi: clients.userapi, streams, clock, random, observability });
  const authenticate: SessionCache['authenticate'] = (token, masquerade) => cache.authenticate(token, masquerade);
  return { authenticate, stop: () => cache.stop() };
}

function refuseAll(): never {
  throw new RpcError('UNAVAILABLE', 'this process answers nothing itself');
}

/** A side on loopback that is no gateway is reached through a gateway of this machine alone: that one is believed. */
function trustedProxies(config: PlexusConfig, { host }: Port, gateway: boolean): readonly string[] {
  const isBehindGateway = !gateway && (host === '127.0.0.1' || host === '::1' || host === 'localhost');
  return isBehindGateway ? [...config.trustedProxies, '127.0.0.1', '::1'] : config.trustedProxies;
}
