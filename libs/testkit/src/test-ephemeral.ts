import { randomUUID } from 'node:crypto';
import { type EphemeralStore, redisStore } from '@plexus/cache';
import { sharedServer } from './servers/shared-server.ts';

/** The ephemeral store in the shared Redis (or in the one `at` a URL), with keys of its own. Close it at the end. */
export async function testEphemeral(at?: string): Promise<EphemeralStore> {
  return redisStore(at ?? (await sharedServer('redis')), { prefix: `test:${randomUUID()}:` });
}
