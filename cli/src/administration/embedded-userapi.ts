import type { PlexusConfig } from '@plexus/config';
import type { UserapiService } from '@plexus/contracts/userapi';
import type { ServiceModule } from '@plexus/service';
import { asCliError } from '../installation-error.ts';

const START_WITHIN_MS = 20_000;

/**
 * Does work with a userapi of this process, on the stores of the configuration: another replica for a moment. What it writes the services find
 * in the database, and the sessions it ends they hear of through NATS. @throws CliError when the database is not this installation's
 */
export const withEmbeddedUserapi = async <T>(
  config: PlexusConfig,
  work: (userapi: UserapiService) => Promise<T>,
): Promise<T> => {
  const [{ runProcess }, { service: userapi }, { createObservability }] = await Promise.all([
    import('@plexus/service'),
    import('@plexus/userapi'),
    import('@plexus/observability'),
  ]);
  const bridgesAreElsewhere = (config.services.appservice?.rpc ?? []).length > 0;
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  try {
    const running = await started(() =>
      runProcess({
        modules: bridgesAreElsewhere ? [userapi] : [userapi, registrationsAlone],
        // Beside the process that holds all services.
        config: { ...config, soleProcess: false },
        listen: { metrics: { host: '127.0.0.1', port: 0 } },
        gateway: false,
        observability,
        signal: AbortSignal.timeout(START_WITHIN_MS),
      }),
    );
    try {
      return await work(running.clients.userapi);
    } finally {
      await running.stop();
    }
  } finally {
    await observability.shutdown();
  }
};

const started = async <T>(start: () => Promise<T>): Promise<T> => {
  try {
    return await start();
  } catch (error) {
    throw await asCliError(error);
  }
};

/** The names that belong to bridges, and nothing else of them: no bridge is told anything from here. */
const registrationsAlone: ServiceModule = {
  name: 'appservice',
  migrations: undefined,
  start: async ({ config }) => {
    const [{ listRegistrations, loadRegistrations }, { AppserviceServiceDefinition }, { bindService }] =
      await Promise.all([import('@plexus/appservice'), import('@plexus/contracts/appservice'), import('@plexus/rpc')]);
    const registrations = await loadRegistrations(config.appservices, config.serverName);
    const api = {
      listRegistrations: async () => listRegistrations(registrations),
      queryExistence: async () => ({ exists: false }),
    };
    return {
      rpc: [bindService(AppserviceServiceDefinition, api)],
      handlers: {},
      readiness: async () => [],
      drain: async () => {},
      stop: async () => {},
    };
  },
};
