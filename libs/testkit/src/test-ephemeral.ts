import { randomUUID } from 'node:crypto';
import { type EphemeralStore, redisStore } from '@plexus/cache';
import { sharedServer } from './servers/shared-server.ts';

/** The ephemeral store in the shared Redis, with keys of its own. Close it at the end. */
export async function testEphemeral(): Promise<EphemeralStore> {
  return redisStore(await sharedServer('redis'), { prefix: `test:${randomUUID()}:` });
}
