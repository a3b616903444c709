import type { PlexusConfig } from '@plexus/config';
import { AppserviceServiceDefinition } from '@plexus/contracts/appservice';
import { FederationapiServiceDefinition } from '@plexus/contracts/federationapi';
import { MembershipServiceDefinition } from '@plexus/contracts/membership';
import { RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import { SyncapiServiceDefinition } from '@plexus/contracts/syncapi';
import { TypingServiceDefinition } from '@plexus/contracts/typing';
import { UserapiServiceDefinition } from '@plexus/contracts/userapi';
import type { Observability } from '@plexus/observability';
import {
  type BoundService,
  connectRpc,
  listedAddresses,
  localClient,
  resolvedAddresses,
  type ServiceDefinition,
  type ServiceOf,
} from '@plexus/rpc';
import { roomOf } from './routing-key.ts';
import type { Clients, ServiceName } from './service-module.ts';

export interface OpenClients {
  readonly clients: Clients;
  /** Tells callers in this process that these services have started. */
  bind(services: readonly BoundService[]): void;
  close(): void;
}

interface Local {
  readonly bound: Promise<BoundService>;
  readonly resolve: (bound: BoundService) => void;
}

/** The way to each service: the process itself when it holds the service, else the addresses of the configuration. */
export function openClients(
  config: PlexusConfig,
  held: ReadonlySet<ServiceName>,
  observability: Observability,
): OpenClients {
  const locals = new Map<string, Local>();
  const connections: { close(): void }[] = [];
  const options = { defaultTimeoutMs: config.rpc.timeoutMs, token: config.rpc.token, observability };

  const open = <Definition extends ServiceDefinition>(
    name: ServiceName & keyof Clients,
    definition: Definition,
    routingKey?: (method: string, request: unknown) => string | undefined,
  ): ServiceOf<Definition> => {
    if (held.has(name)) {
      const { promise, resolve } = Promise.withResolvers<BoundService>();
      locals.set(definition.fullName, { bound: promise, resolve });
      return localClient(definition, promise, options);
    }
    const { rpc: addresses, replicas } = config.services[name] ?? { rpc: [], replicas: 'listed' };
    const source = replicas === 'dns' ? resolvedAddresses(addresses, observability) : listedAddresses(addresses);
    const connection = connectRpc(definition, source, { ...options, ...(routingKey && { routingKey }) });
    connections.push(connection);
    return connection.client;
  };

  return {
    clients: {
      userapi: open('userapi', UserapiServiceDefinition),
      roomserver: open('roomserver', RoomserverServiceDefinition, roomOf),
      membership: open('roomserver', MembershipServiceDefinition, roomOf),
      syncapi: open('syncapi', SyncapiServiceDefinition),
      typing: open('typing', TypingServiceDefinition),
      appservice: open('appservice', AppserviceServiceDefinition),
      federationapi: open('federationapi', FederationapiServiceDefinition),
    },
    bind: (services) => {
      for (const service of services) locals.get(service.definition.fullName)?.resolve(service);
    },
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}
