import type { Layout } from './settings.ts';

/**
 * Every service: an edge answers the outside and stops first, a core answers the edges. (The supervisor does not import the
 * services or their libraries: that would cost it 60 MB.)
 */
export const services = {
  userapi: 'core',
  roomserver: 'core',
  typing: 'core',
  appservice: 'edge',
  federationapi: 'edge',
  mediaapi: 'edge',
  syncapi: 'edge',
  clientapi: 'edge',
} as const;
const serviceNames = Object.keys(services);

/** A process of services: what runs in it, and the loopback ports it listens on. */
export interface ProcessPlan {
  readonly name: string;
  /** Services, and the gateway, that it holds. */
  readonly holds: readonly string[];
  readonly ports: { readonly rpc: number; readonly http: number; readonly metrics: number };
}

const portsPerProcess = 3;

/** The processes of a layout. The gateway comes last: it opens the door when the rest is ready. */
export const processNames = (layout: Layout): string[] => (layout === 'one' ? ['all'] : [...serviceNames, 'gateway']);

export const portsNeeded = (layout: Layout): number => processNames(layout).length * portsPerProcess;

export const planProcesses = (layout: Layout, ports: readonly number[]): ProcessPlan[] =>
  processNames(layout).map((name, index) => {
    const [rpc = 0, http = 0, metrics = 0] = ports.slice(index * portsPerProcess);
    return { name, holds: heldBy(name), ports: { rpc, http, metrics } };
  });

/** The names under which the state file lists the pid of a supervised process. */
export const heldBy = (processName: string): readonly string[] =>
  processName === 'all' ? [...serviceNames, 'gateway'] : [processName];
