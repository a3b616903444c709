import { parseServerName, signingKeyFromSeed } from '@plexus/matrix';
import { createObservability, systemClock, systemRandom } from '@plexus/observability';
import { createContext, type RoomserverContext } from '../context.ts';
import { noOtherServers } from '../input-events/remote-events.ts';
import { openDatabases } from '../storage/indexed-database.ts';

const SEED_BYTES = 32;

/** Works with roomserver's own objects on a database, without the wire around them. Nobody is told of what it commits. */
export async function withBenchContext<T>(
  postgresUrl: string,
  work: (context: RoomserverContext) => Promise<T>,
): Promise<T> {
  const observability = createObservability({ service: 'plexus bench', level: 'error' });
  const databases = openDatabases(postgresUrl, observability);
  const serverName = parseServerName('bench.example.org');
  const signingKey = signingKeyFromSeed('bench', Buffer.alloc(SEED_BYTES, 7));
  if (serverName === undefined || signingKey === undefined) throw new Error('the names of the benchmark are malformed');
  try {
    return await work(
      createContext({
        databases,
        observability,
        clock: systemClock,
        random: systemRandom,
        serverName,
        signingKey,
        federation: noOtherServers,
        publish: () => undefined,
      }),
    );
  } finally {
    await Promise.all([databases.queries.close(), databases.writes.close(), observability.shutdown()]);
  }
}
