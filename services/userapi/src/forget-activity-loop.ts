import { type Clock, type Logger, outsideOfTrace } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { forgetActivity } from './storage/activity.ts';
import { dayOf } from './storage/statistics.ts';

const DAY_MS = 86_400_000;
const INTERVAL_MS = 3_600_000;

/** Forgets, once an hour, statistics of days that are past their time. @returns what ends it. */
export function startForgettingActivity(
  database: Database,
  retentionDays: number,
  clock: Clock,
  log: Logger,
): () => void {
  const forget = async (): Promise<void> => {
    const now = clock.now();
    try {
      await forgetActivity(database, dayOf(now - retentionDays * DAY_MS), now - 2 * DAY_MS);
    } catch (error) {
      log.warn({ error }, 'old statistics could not be forgotten');
    }
  };
  const timer = setInterval(() => void outsideOfTrace(forget), INTERVAL_MS).unref();
  return () => clearInterval(timer);
}
