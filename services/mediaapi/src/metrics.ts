import { statfs } from 'node:fs/promises';
import {
  type Clock,
  counter,
  gauge,
  mediaapiMetrics as metrics,
  type Observability,
  refreshed,
} from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { countContent } from './storage/media.ts';

export type MediaapiMetrics = ReturnType<typeof mediaapiMetrics>;

/** The count looks at a whole table: it is asked no more often, whoever scrapes. */
const freshMs = 300_000;

/** What mediaapi counts; the file system of the media folder is asked at each scrape. */
export function mediaapiMetrics(observability: Observability, directory: string, database: Database, clock: Clock) {
  gauge(observability, metrics.diskBytes, async (disk) => {
    try {
      const { bavail, blocks, bsize } = await statfs(directory);
      disk.set({ state: 'free' }, bavail * bsize);
      disk.set({ state: 'total' }, blocks * bsize);
    } catch {
      disk.reset(); // The folder is away: readiness says so, and an alert misses the series.
    }
  });
  const content = refreshed(() => countContent(database), {
    freshMs,
    clock,
    onError: (error) => observability.log.warn({ error }, 'media cannot be counted'),
  });
  for (const [definition, key] of [
    [metrics.files, 'files'],
    [metrics.storedBytes, 'bytes'],
  ] as const)
    gauge(observability, definition, async (metric) => {
      const known = await content();
      if (known === undefined) metric.remove();
      else metric.set(known[key]);
    });
  return { uploadedBytes: counter(observability, metrics.uploadedBytes) };
}
