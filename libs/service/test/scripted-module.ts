import { TypingServiceDefinition } from '@plexus/contracts/typing';
import { json } from '@plexus/http';
import { bindService } from '@plexus/rpc';
import type { RunningService, ServiceModule, ServiceName, ServiceRuntime } from '../src/service-module.ts';

/** A service that tells what becomes of it. */
export interface ScriptedModule extends ServiceModule {
  readonly log: string[];
  problems: string[];
  runtime: ServiceRuntime | undefined;
}

export function scriptedModule(
  name: ServiceName,
  log: string[],
  parts: Partial<Omit<RunningService, 'readiness'>> = {},
): ScriptedModule {
  const module: ScriptedModule = {
    name,
    log,
    problems: [],
    runtime: undefined,
    migrations: undefined,
    start: async (runtime) => {
      module.runtime = runtime;
      log.push(`${name} starts`);
      return {
        rpc: [],
        handlers: {},
        readiness: async () => module.problems,
        drain: async () => void log.push(`${name} drains`),
        stop: async () => void log.push(`${name} stops`),
        ...parts,
      };
    },
  };
  return module;
}

/** The typing service: answers with one room, whose member is the name given. */
export function typingModule(log: string[], member = 'typing'): ScriptedModule {
  const bound = bindService(TypingServiceDefinition, {
    setTyping: async () => ({}),
    getTyping: async () => ({ rooms: [{ roomId: '!a', userIds: [member], version: 1, traceparent: '' }] }),
  });
  return scriptedModule('typing', log, { rpc: [bound] });
}

/** The edge: /versions asks typing, through whatever way there is. */
export function edgeModule(log: string[]): ScriptedModule {
  const module = scriptedModule('clientapi', log, {
    handlers: {
      'client.getVersions': async () => {
        const { rooms } = (await module.runtime?.clients.typing.getTyping({ roomIds: [] })) ?? { rooms: [] };
        return json({ versions: rooms[0]?.userIds ?? [] });
      },
    },
  });
  return module;
}
