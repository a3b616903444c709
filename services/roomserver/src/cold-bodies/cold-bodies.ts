import type { Clock, Logger } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { BackgroundWork } from '../background-work.ts';
import type { RoomserverMetrics } from '../metrics.ts';
import { compressColdBodies } from './compress-cold-bodies.ts';
import { removeLostBodies } from './remove-lost-bodies.ts';

export interface ColdBodiesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: RoomserverMetrics;
  readonly log: Logger;
  /** Names this process among its replicas. */
  readonly process: string;
  /** Age after which a body is compressed; undefined: none is, and blocks are only mended. */
  readonly afterMs: number | undefined;
}

/** How long nothing is looked for when there was nothing to do. */
const IDLE_MS = 60_000;
/** A batch of t milliseconds is followed by a pause of nine times t: a tenth of one connection and of one core at most. */
const PAUSE_PER_BATCH = 9;

/** Keeps compressing what gets cold, in the background. Several replicas may run it: one at a time works. */
export function startColdBodies(options: ColdBodiesOptions): BackgroundWork {
  const { clock, log } = options;
  const step = () => batch(options);
  return new BackgroundWork({
    name: 'cold bodies',
    clock,
    log,
    step,
    idleMs: IDLE_MS,
    startAfterMs: IDLE_MS,
    pausePerStep: PAUSE_PER_BATCH,
  });
}

/** Whether there is more to do. */
async function batch({ database, clock, metrics, process, afterMs }: ColdBodiesOptions): Promise<boolean> {
  const mended = await removeLostBodies(database);
  if (afterMs === undefined) return mended > 0;
  const done = await compressColdBodies(database, { process, before: clock.now() - afterMs });
  if (done === undefined) return mended > 0;
  metrics.bodiesCompressed.inc(done.bodies);
  metrics.coldBacklog.set(done.left);
  return mended > 0 || done.left > 0;
}
