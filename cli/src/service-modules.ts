import type { ServiceModule, ServiceName } from '@plexus/service';
import { CliError } from './cli-error.ts';
import { services } from './up/process-plan.ts';

/** Each service's package; loaded only in a process that runs it. */
const packages: Readonly<Record<ServiceName, () => Promise<{ readonly service: ServiceModule }>>> = {
  userapi: () => import('@plexus/userapi'),
  roomserver: () => import('@plexus/roomserver'),
  typing: () => import('@plexus/typing'),
  appservice: () => import('@plexus/appservice'),
  federationapi: () => import('@plexus/federationapi'),
  mediaapi: () => import('@plexus/mediaapi'),
  syncapi: () => import('@plexus/syncapi'),
  clientapi: () => import('@plexus/clientapi'),
};

export interface Selection {
  readonly services: readonly ServiceName[];
  /** Answers clients itself and hands on what its own services do not answer. */
  readonly gateway: boolean;
}

/** What `plexus run NAME…` means by its names. @throws CliError with exit code 2 for a name that there is not. */
export const parseSelection = (names: readonly string[]): Selection => {
  if (names.includes('all')) return { services: serviceNames, gateway: true };
  const unknown = names.find((name) => name !== 'gateway' && !isServiceName(name));
  if (unknown !== undefined)
    throw new CliError(`${unknown}: no such service; there are ${[...serviceNames, 'gateway', 'all'].join(', ')}`, 2);
  return { services: serviceNames.filter((name) => names.includes(name)), gateway: names.includes('gateway') };
};

export const loadModules = async (names: readonly ServiceName[]): Promise<ServiceModule[]> =>
  (await Promise.all(names.map((name) => packages[name]()))).map(({ service }) => service);

const isServiceName = (name: string): name is ServiceName => Object.hasOwn(services, name);
export const serviceNames: readonly ServiceName[] = Object.keys(services).filter(isServiceName);
