import { SignsOfLife } from '@plexus/appservices';
import type { PlexusConfig } from '@plexus/config';
import {
  createHttpServer,
  createRateLimiter,
  type Handlers,
  type HttpServer,
  type HttpServerOptions,
  limitsOf,
} from '@plexus/http';
import type { Clock, Observability } from '@plexus/observability';
import { type OperationKey, operations } from '@plexus/routes';
import { RpcError } from '@plexus/rpc';
import { SessionCache } from '@plexus/tokens';
import { ActivityReporter } from './activity-reporter.ts';
import { type CertificateSource, certificateFiles } from './certificate-source.ts';
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
  /** Looks whether the files of the certificates have changed. */
  reloadCertificates(): void;
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
          appserviceSeen: appserviceSeen(runtime.streams, clock),
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
    accessLog: () => config.accessLog,
    clock,
    longPollSignal: longPolls.signal,
  };
  const servers: HttpServer[] = [];
  const certificates: CertificateSource[] = [];
  const close = async (graceMs: number) => {
    await Promise.all(servers.map((server) => server.close(graceMs)));
    await activity?.stop();
    targets?.close();
    for (const certificate of certificates) certificate.stop();
    sessions?.stop();
  };
  const open = async (server: HttpServer, at: Port): Promise<Port> => {
    const { port } = await server.listen(at);
    servers.push(server);
    return { host: at.host, port };
  };
  const openAll = async () => ({
    http: listen.http && (await open(clientServer(listen.http), listen.http)),
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
      reloadCertificates: () => {
        for (const certificate of certificates) certificate.reload();
      },
      close,
    };
  } catch (error) {
    await close(0);
    throw error;
  }

  /** A server whose certificate is replaced when its files are. */
  function renewed(certificate: CertificateSource | undefined, parts: HttpServerOptions): HttpServer {
    const server = createHttpServer(parts);
    if (certificate === undefined) return server;
    certificate.onChange((renewal) => server.setCertificate(renewal));
    certificates.push(certificate);
    return server;
  }

  function clientServer(at: Port): HttpServer {
    const { tls } = config.listen;
    const certificate = tls && certificateFiles('listen.tls', tls, observability.log);
    return renewed(certificate, {
      ...common,
      operations: operationsForClients(config),
      trustedProxies: trustedProxies(config, at, gateway),
      tls: certificate?.current,
      ...(targets !== undefined && { proxyTo: targets }),
    });
  }

  function federationServer({ tls }: FederationListener): HttpServer {
    return renewed(tls, {
      ...common,
      tls: tls.current,
      operations: operations.filter(({ key }) => key.startsWith('federation.')),
      trustedProxies: config.trustedProxies,
    });
  }
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

function appserviceSeen(streams: ServiceRuntime['streams'], clock: Clock): (appserviceId: string) => void {
  const signsOfLife = new SignsOfLife(streams, clock);
  return (appserviceId) => signsOfLife.seen(appserviceId);
}

function refuseAll(): never {
  throw new RpcError('UNAVAILABLE', 'this process answers nothing itself');
}

/** What strangers need not reach is not there for them. */
function operationsForClients({ adminApi, federation }: PlexusConfig) {
  const isServed = (key: OperationKey): boolean => {
    if (key.startsWith('federation.')) return federation.enabled;
    // Answers nothing without its secret, which only clientapi knows.
    if (key.startsWith('admin.sharedSecretRegister')) return true;
    return adminApi || !key.startsWith('admin.');
  };
  return operations.filter(({ key }) => isServed(key));
}

/** A side on loopback that is no gateway is reached through a gateway of this machine alone: that one is believed. */
function trustedProxies(config: PlexusConfig, { host }: Port, gateway: boolean): readonly string[] {
  const isBehindGateway = !gateway && (host === '127.0.0.1' || host === '::1' || host === 'localhost');
  return isBehindGateway ? [...config.trustedProxies, '127.0.0.1', '::1'] : config.trustedProxies;
}
