import { type TypingService, TypingServiceDefinition } from '@plexus/contracts/typing';
import { createObservability, type Observability } from '@plexus/observability';
import { bindService } from '../src/bind-service.ts';
import { RpcError } from '../src/rpc-error.ts';
import type { BoundService } from '../src/types.ts';

export interface WatchedObservability extends Observability {
  /** Log lines so far, as text. */
  readonly lines: string[];
}

export function watchedObservability(): WatchedObservability {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const { log, metrics } = createObservability({ service: 'test', level: 'debug', destination });
  return { log, metrics, lines };
}

/** A service that does what the room id of the request says. */
export class ScriptedService {
  readonly bound: BoundService;
  /** Room ids of the calls that arrived. */
  readonly calls: string[] = [];
  #held: (() => void)[] = [];

  constructor(name = '') {
    const implementation: TypingService = {
      setTyping: async ({ roomId }) => {
        this.calls.push(roomId);
        switch (roomId) {
          case 'fails':
            throw new Error('the password is swordfish');
          case 'refuses':
            throw new RpcError('ABORTED', 'the state has changed');
          case 'waits':
            await new Promise<void>((resolve) => this.#held.push(resolve));
            return {};
          default:
            return {};
        }
      },
      getTyping: async ({ roomIds }) => ({
        rooms: roomIds.map((roomId) => ({ roomId, userIds: [name], version: 0, traceparent: '' })),
      }),
    };
    this.bound = bindService(TypingServiceDefinition, implementation);
  }

  get held(): number {
    return this.#held.length;
  }

  /** Lets the calls end that wait. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const resolve of held) resolve();
  }
}
