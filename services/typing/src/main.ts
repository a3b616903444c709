import { type TypingService, TypingServiceDefinition } from '@plexus/contracts/typing';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { getPresence } from './api/presence/get-presence.ts';
import { setPresence } from './api/presence/set-presence.ts';
import { getTyping } from './api/typing/get-typing.ts';
import { setTyping } from './api/typing/set-typing.ts';
import { createContext } from './context.ts';

/** Who types where, and who says to be there. */
export const service: ServiceModule = {
  name: 'typing',
  migrations: undefined,
  async start(runtime) {
    const context = createContext(runtime);
    const api: TypingService = {
      setTyping: (request) => setTyping(context, request),
      getTyping: (request) => getTyping(context, request),
    };
    return {
      rpc: [bindService(TypingServiceDefinition, api)],
      handlers: {
        'client.getPresence': getPresence(context),
        'client.setPresence': setPresence(context),
      },
      // Without Redis nobody is seen typing, and nothing else is wrong: the process says that it is degraded, and stays.
      readiness: async () => [],
      drain: async () => {},
      stop: async () => context.broadcast.stop(),
    };
  },
};
