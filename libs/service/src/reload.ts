import type { PlexusConfig } from '@plexus/config';
import type { Observability, ProcessObservability } from '@plexus/observability';
import type { RunningService } from './service-module.ts';

/** Sections that a running process takes from a changed configuration; all others wait for a restart. */
const reloadable: readonly string[] = [
  'logLevel',
  'accessLog',
  'rateLimits',
  'appservices',
] satisfies (keyof PlexusConfig)[];

export interface ReloadOptions {
  /** What the process and its services look at; its reloadable sections are replaced. */
  readonly live: PlexusConfig;
  readonly services: readonly RunningService[];
  /** Of a process of its own, the level of its log can be changed. */
  readonly observability: Observability & Partial<Pick<ProcessObservability, 'setLogLevel'>>;
}

/**
 * Takes a changed configuration without a restart: log level, access log, rate limits and registrations of application services. Every service says
 * first whether it can; when one cannot nothing is changed.
 * @throws Error of the service that cannot, with a sentence for the operator
 */
export async function reload(next: PlexusConfig, { live, services, observability }: ReloadOptions): Promise<void> {
  const changes = await Promise.all(services.map(async (service) => service.prepareReload?.(next)));
  const before = new Map(Object.entries(live).map(([key, value]) => [key, JSON.stringify(value)]));
  const waiting = Object.entries(next)
    .filter(([key, value]) => !reloadable.includes(key) && before.get(key) !== JSON.stringify(value))
    .map(([key]) => key);
  const { logLevel, accessLog, rateLimits, appservices } = next;
  Object.assign(live, { logLevel, accessLog, rateLimits, appservices });
  observability.setLogLevel?.(logLevel);
  for (const change of changes) await change?.();
  observability.log.info({ waiting }, 'the configuration is taken anew; what waits is taken at the next start');
}
