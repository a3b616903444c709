import type { Clock, Logger } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { BackgroundWork } from '../../background-work.ts';
import type { RoomserverMetrics } from '../../metrics.ts';
import { selectStateMigration } from '../../storage/first-format-rows.ts';
import type { TreeStateStore } from '../tree-state-store.ts';
import { type MigrationPhase, migrateStates } from './migrate-states.ts';

export interface StateMigrationOptions {
  readonly database: Database;
  readonly stateStore: TreeStateStore;
  readonly clock: Clock;
  readonly metrics: RoomserverMetrics;
  readonly log: Logger;
  /** Names this process among its replicas. */
  readonly process: string;
}

export interface MigrationProgress {
  readonly phase: MigrationPhase;
  /** Rows that refer to a tree now. */
  readonly converted: number;
  /** Event numbers, or rooms, that the phase has yet to look at. */
  readonly left: number;
  readonly convertedPerSecond: number;
}

const IDLE_MS = 10_000;
/** Half of one connection and half of one core at most. */
const PAUSE_PER_STEP = 1;
const REPORT_MS = 10_000;

/** Converts the states of the first format in the background, and tells how far it is. Several replicas may run it: one at a time works. */
export function runStateMigration(options: StateMigrationOptions): BackgroundWork {
  const { clock, log } = options;
  let reportedAt = Number.NEGATIVE_INFINITY;
  let logged = '';
  return new BackgroundWork({
    name: 'state migration',
    clock,
    log,
    idleMs: IDLE_MS,
    pausePerStep: PAUSE_PER_STEP,
    step: async () => {
      const step = await migrateStates(options);
      if (step === undefined || (clock.monotonic() - reportedAt < REPORT_MS && step.isMore)) return step !== undefined;
      reportedAt = clock.monotonic();
      const progress = await report(options);
      const line = `${progress.phase} ${progress.converted} ${progress.left}`;
      if (line !== logged) log.info({ ...progress }, 'room states are converted from the first format');
      logged = line;
      return step.isMore;
    },
  });
}

async function report({ database, metrics }: StateMigrationOptions): Promise<MigrationProgress> {
  const progress = await readMigrationProgress(database);
  metrics.stateMigrationLeft.set({ phase: progress.phase }, progress.left);
  metrics.stateMigrationConverted.set(progress.converted);
  return progress;
}

/** For an operator; undefined when there is nothing to convert any more. */
export async function describeMigration(database: Database): Promise<string | undefined> {
  const { phase, converted, left, convertedPerSecond } = await readMigrationProgress(database);
  const words = {
    events: `${left} event numbers are yet to be looked at`,
    heads: `events are done, ${left} rooms are yet to be looked at`,
    proof: `done, ${left} event numbers are yet to be looked through once more before the old tables are emptied`,
  };
  return phase === 'done'
    ? undefined
    : `room states become trees while it runs: ${converted} rows so far, ${convertedPerSecond}/s; ${words[phase]}`;
}

/** How far the conversion of all rooms is, whichever process is at it. */
export async function readMigrationProgress(database: Database): Promise<MigrationProgress> {
  type Row = { phase: MigrationPhase; reached: number; converted: number; seconds: number; last: number | null };
  const [row] = await database.query<Row>(selectStateMigration, []);
  if (row === undefined) throw new Error('state_migration has no row');
  const { phase, reached, converted, seconds, last } = row;
  return {
    phase,
    converted,
    left: phase === 'done' ? 0 : Math.max(0, (last ?? 0) - reached),
    convertedPerSecond: Math.round(converted / Math.max(1, seconds)),
  };
}
