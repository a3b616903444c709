import type { Database, Statement } from '@plexus/postgres';
import {
  beginMigrationPhase,
  claimStateMigration,
  countUnconverted,
  emptyFirstFormat,
  hasUnconvertedHead,
  selectEventsToConvert,
  selectHeadsToConvert,
  storeConvertedEvents,
  storeConvertedHeads,
  storeProof,
} from '../../storage/first-format-rows.ts';
import type { TreeStateStore } from '../tree-state-store.ts';
import { isOfFirstFormat } from './converter.ts';

export type MigrationPhase = 'events' | 'heads' | 'proof' | 'done';

/** Rows that are looked at in one go: some 100 ms, so that a write of the same row waits no longer. */
const BATCH_EVENTS = 1_000;
/** A head's state is mostly made from nothing. */
const BATCH_HEADS = 100;
const BATCH_PROOF = 20_000;
/** Longer than a batch and the pause after it. */
const CLAIM_MS = 60_000;
/** No statement and no command runs longer that could have read the number of a state before it was converted. */
const SETTLED_SECONDS = 120;

interface Claim {
  readonly phase: MigrationPhase;
  readonly reached: number;
  readonly settled_seconds: number | null;
}

export interface MigrationStep {
  readonly phase: MigrationPhase;
  /** Whether the next step can follow at once. */
  readonly isMore: boolean;
}

interface MigrationContext {
  readonly database: Database;
  readonly stateStore: TreeStateStore;
  /** Names this process among its replicas. */
  readonly process: string;
}

/**
 * The next step of the way from the first format to trees; undefined when another process is at it or all is done. Each step notes what it has
 * done in the transaction that does it, so the process may be killed at any moment, and what two processes do at once they do once.
 */
export async function migrateStates(context: MigrationContext): Promise<MigrationStep | undefined> {
  const [claim] = await context.database.query<Claim>(claimStateMigration, [context.process, CLAIM_MS]);
  if (claim === undefined) return undefined;
  const { phase } = claim;
  switch (phase) {
    case 'events':
      return { phase, isMore: await convertRows(context, claim, eventRows) };
    case 'heads':
      return { phase, isMore: await convertRows(context, claim, headRows) };
    case 'proof':
      return { phase, isMore: await prove(context, claim) };
    case 'done':
      return undefined;
  }
}

interface ConvertedRows {
  readonly select: Statement;
  readonly store: Statement;
  readonly batch: number;
  readonly next: MigrationPhase;
}

const eventRows: ConvertedRows = {
  select: selectEventsToConvert,
  store: storeConvertedEvents,
  batch: BATCH_EVENTS,
  next: 'heads',
};
const headRows: ConvertedRows = {
  select: selectHeadsToConvert,
  store: storeConvertedHeads,
  batch: BATCH_HEADS,
  next: 'proof',
};

/** True: there is more to do. */
async function convertRows(
  { database, stateStore, process }: MigrationContext,
  { phase, reached }: Claim,
  { select, store, batch, next }: ConvertedRows,
): Promise<boolean> {
  const rows = await database.query<{ number: number; snapshot: number }>(select, [reached, batch]);
  const last = rows.at(-1);
  if (last === undefined) {
    await database.query(beginMigrationPhase, [process, phase, next]);
    return true;
  }
  const old = rows.filter(({ snapshot }) => isOfFirstFormat(snapshot));
  const roots = await stateStore.convert(old.map(({ snapshot }) => snapshot));
  await database.query(store, [
    process,
    phase,
    reached,
    last.number,
    old.map(({ number }) => number),
    old.map(({ snapshot }) => snapshot),
    old.map(({ snapshot }) => roots.get(snapshot) ?? snapshot),
  ]);
  return true;
}

/** Looks through all rows once more before the only other copy of the states goes. */
async function prove({ database, process }: MigrationContext, claim: Claim): Promise<boolean> {
  type Row = { last: number | null; unconverted: number };
  const [row] = await database.query<Row>(countUnconverted, [claim.reached, BATCH_PROOF]);
  if (row === undefined || row.unconverted > 0) {
    await database.query(beginMigrationPhase, [process, 'proof', 'events']);
    return true;
  }
  if (row.last !== null) {
    await database.query(storeProof, [process, claim.reached, row.last]);
    return true;
  }
  if ((await database.query(hasUnconvertedHead, [])).length > 0) {
    await database.query(beginMigrationPhase, [process, 'proof', 'heads']);
    return true;
  }
  if ((claim.settled_seconds ?? 0) < SETTLED_SECONDS) return false;
  await database.transaction(async (transaction) => {
    const begun = await transaction.query(beginMigrationPhase, [process, 'proof', 'done']);
    if (begun.length > 0) await transaction.query(emptyFirstFormat, []);
  });
  return true;
}
