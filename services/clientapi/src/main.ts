import type { ServiceModule } from '@plexus/service';
import { contextOf } from './context.ts';
import { handlersOf } from './handlers.ts';

/** The edge of the client-server API: it owns no tables, answers no calls, and asks the owners of things for them. */
export const service: ServiceModule = {
  name: 'clientapi',
  migrations: undefined,
  start: async (runtime) => ({
    rpc: [],
    handlers: handlersOf(contextOf(runtime)),
    readiness: async () => [],
    drain: async () => {},
    stop: async () => {},
  }),
};
