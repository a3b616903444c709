import type { MediaapiContext } from '../context.ts';
import { deleteExpiredMedia } from '../storage/media.ts';

const SWEEP_MS = 3_600_000;

/** Every hour: files that uploads left unfinished when their process was killed, and ids that were created and never used. Returns its end. */
export function startSweeping({ clock, database, files, observability }: MediaapiContext): () => void {
  const sweep = async () => {
    try {
      const removed = await files.sweep(clock.now());
      if (removed > 0) observability.log.info({ removed }, 'removed unfinished uploads');
      await deleteExpiredMedia(database, clock.now());
    } catch (error) {
      observability.log.warn({ error }, 'unfinished uploads not removed');
    }
  };
  void sweep();
  const timer = setInterval(() => void sweep(), SWEEP_MS).unref();
  return () => clearInterval(timer);
}
