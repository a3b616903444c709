import { TypingServiceDefinition } from '@plexus/contracts/typing';
import { describe, expect, test } from 'vitest';
import { clientContract, DEFAULT_TIMEOUT_MS } from '../test/client-contract.ts';
import { ScriptedService, watchedObservability } from '../test/scripted-service.ts';
import { localClient } from './local-client.ts';
import type { BoundService } from './types.ts';

describe('a client in the same process', () => {
  clientContract(async (service) => {
    const observability = watchedObservability();
    const client = localClient(TypingServiceDefinition, service.bound, {
      defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
      observability,
    });
    return { client, observability, side: 'local', close: async () => {} };
  });
});

test('calls made before the service is there wait for it', async () => {
  const { promise, resolve } = Promise.withResolvers<BoundService>();
  const client = localClient(TypingServiceDefinition, promise, {
    defaultTimeoutMs: 5_000,
    observability: watchedObservability(),
  });
  const calls = Promise.all([client.getTyping({ roomIds: [] }), client.getTyping({ roomIds: [] })]);
  resolve(new ScriptedService().bound);
  expect(await calls).toEqual([{ rooms: [] }, { rooms: [] }]);
});

test('a service that does not start in time is UNAVAILABLE', async () => {
  const client = localClient(TypingServiceDefinition, new Promise<BoundService>(() => {}), {
    defaultTimeoutMs: 50,
    observability: watchedObservability(),
  });
  await expect(client.getTyping({ roomIds: [] })).rejects.toMatchObject({ name: 'RpcError', code: 'UNAVAILABLE' });
});
