import { join } from 'node:path';
import type { DataFolder } from '../folder/data-folder.ts';
import type { OldKey } from '../folder/known-keys.ts';
import type { ProcessPlan } from './process-plan.ts';
import type { Servers } from './servers.ts';
import type { UpSettings } from './settings.ts';

export interface Placement {
  readonly folder: DataFolder;
  readonly settings: UpSettings;
  readonly serverName: string;
  readonly clientPort: number;
  readonly federationPort: number;
  /** Loopback ports for PostgreSQL, NATS and Redis. */
  readonly serverPorts: readonly [number, number, number];
  readonly plans: readonly ProcessPlan[];
  /** Keys that this data folder has signed with and does not any more. */
  readonly oldSigningKeys: readonly OldKey[];
  /** What processes show each other on the wire between services. */
  readonly rpcToken: string;
}

/** The configuration that one process of services is given, in the form that `@plexus/config` checks. */
export const serviceConfig = (placement: Placement, plan: ProcessPlan, servers: Servers): Record<string, unknown> => {
  const { folder, settings, serverName, plans, oldSigningKeys, rpcToken } = placement;
  const { product } = settings;
  const listedKeys = product['oldSigningKeys'];
  const nats = splitToken(servers.natsUrl);
  return {
    signingKeyFile: folder.signingKey,
    ...product,
    oldSigningKeys: [...(Array.isArray(listedKeys) ? listedKeys : []), ...oldSigningKeys],
    serverName,
    postgres: { ...section(product['postgres']), url: servers.postgresUrl },
    nats: { ...section(product['nats']), ...nats },
    ...(servers.redisUrl === undefined ? {} : { redis: { ...section(product['redis']), url: servers.redisUrl } }),
    federation: { tls: folder.federationTls, ...section(product['federation']) },
    media: { directory: folder.media, ...section(product['media']) },
    rpc: { token: rpcToken, ...section(product['rpc']) },
    soleProcess: plans.length === 1,
    services: serviceAddresses(plans.filter((other) => other !== plan)),
    listen: listenOf(placement, plan),
  };
};

/** The door for clients is the gateway's, the door for servers federationapi's; what lies behind is on loopback. */
const listenOf = ({ settings, clientPort, federationPort }: Placement, plan: ProcessPlan): object => {
  const own = (port: number): object => ({ host: '127.0.0.1', port });
  const isOpen = plan.holds.includes('gateway');
  return {
    http: isOpen ? { host: settings.bind, port: clientPort } : own(plan.ports.http),
    metrics: { host: settings.metricsBind, port: plan.ports.metrics },
    ...(isOpen && settings.tls !== undefined ? { tls: settings.tls } : {}),
    // Also when all share a process: `plexus admin` comes in here.
    ...(plan.name === 'gateway' ? {} : { rpc: own(plan.ports.rpc) }),
    ...(plan.holds.includes('federationapi')
      ? { federation: { host: settings.federationBind, port: federationPort } }
      : {}),
  };
};

const placeholders: Servers = {
  postgresUrl: 'postgresql://127.0.0.1/plexus',
  natsUrl: 'nats://127.0.0.1:4222',
  redisUrl: 'redis://127.0.0.1',
};

/** The configuration before anything has been started: complete but for where the servers will be. */
export const provisionalConfig = (placement: Placement, plan: ProcessPlan): Record<string, unknown> =>
  serviceConfig(placement, plan, placeholders);

/** The whole installation as commands look after it, whatever the layout: every service in the process that it has. */
export const installationConfig = (placement: Placement, servers: Servers): Record<string, unknown> =>
  serviceConfig(placement, { name: 'gateway', holds: [], ports: { rpc: 0, http: 0, metrics: 0 } }, servers);

export const configFileOf = (folder: DataFolder, plan: ProcessPlan): string =>
  plan.name === 'all' ? folder.config : join(folder.run, `config-${plan.name}.json`);

export const urlHost = (bind: string): string => {
  const reachable = bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
};

export const serviceAddresses = (plans: readonly ProcessPlan[]): Record<string, { rpc: string[]; http: string[] }> =>
  Object.fromEntries(
    plans.flatMap(({ holds, ports }) =>
      holds
        .filter((name) => name !== 'gateway')
        .map((name) => [name, { rpc: [`127.0.0.1:${ports.rpc}`], http: [`http://127.0.0.1:${ports.http}`] }]),
    ),
  );

/** NATS clients take the token apart from the address. */
const splitToken = (url: string): { servers: string[]; token?: string } => {
  const parsed = new URL(url);
  if (parsed.username === '' || parsed.password !== '') return { servers: [url] };
  const token = decodeURIComponent(parsed.username);
  parsed.username = '';
  return { servers: [parsed.toString().replace(/\/$/, '')], token };
};

const section = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
