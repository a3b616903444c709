import { statfs } from 'node:fs/promises';
import { counter, gauge, mediaapiMetrics as metrics, type Observability } from '@plexus/observability';

export type MediaapiMetrics = ReturnType<typeof mediaapiMetrics>;

/** What mediaapi counts; the file system of the media folder is asked at each scrape. */
export function mediaapiMetrics(observability: Observability, directory: string) {
  gauge(observability, metrics.diskBytes, async (disk) => {
    try {
      const { bavail, blocks, bsize } = await statfs(directory);
      disk.set({ state: 'free' }, bavail * bsize);
      disk.set({ state: 'total' }, blocks * bsize);
    } catch {
      disk.reset(); // The folder is away: readiness says so, and an alert misses the series.
    }
  });
  return { uploadedBytes: counter(observability, metrics.uploadedBytes) };
}
