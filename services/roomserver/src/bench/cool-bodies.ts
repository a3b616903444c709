import { createObservability, systemClock } from '@plexus/observability';
import { compressColdBodies } from '../cold-bodies/compress-cold-bodies.ts';
import { expireTransactions } from '../storage/expire-transactions.ts';
import { openDatabases } from '../storage/indexed-database.ts';

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const process = '00000000-0000-0000-0000-000000000000';

/** Lets a week go by without a pause: transaction ids are forgotten, all bodies so far are compressed. */
export async function coolBodies(postgresUrl: string): Promise<void> {
  const observability = createObservability({ service: 'plexus bench', level: 'error' });
  const { queries, writes } = openDatabases(postgresUrl, observability);
  const clock = { ...systemClock, now: () => systemClock.now() + WEEK_MS };
  try {
    await expireTransactions(queries, clock);
    for (let left = 1; left > 0; ) {
      const batch = await compressColdBodies(queries, { process, before: clock.now() });
      if (batch === undefined) throw new Error('another process compresses at the same time');
      left = batch.left;
    }
  } finally {
    await Promise.all([queries.close(), writes.close(), observability.shutdown()]);
  }
}
