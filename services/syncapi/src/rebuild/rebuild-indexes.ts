import type { Logger } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { OtherServices } from '../clients/other-services.ts';
import { advanceIndexRebuild, finishIndexRebuild, readIndexRebuild } from '../storage/index-rebuilds.ts';
import { rebuildableIndexes } from './rebuildable-indexes.ts';

export interface RebuildContext {
  readonly database: Database;
  readonly roomserver: Pick<OtherServices['roomserver'], 'readLog'>;
  readonly serverName: string;
  readonly log: Logger;
}

/** Entries of one transaction: it holds up the consumer of the log, so it takes some ten milliseconds at most. */
const batchSize = 500;
/** A rolling upgrade takes less. */
const upgradeSeconds = 3600;
const pauseMs = 20;
const idleMs = 30_000;

/**
 * Writes indexes again from the room log of its owner, in the background and beside the consumer of the log: a new index comes to cover events
 * of before, and what an index lost comes back. Any replica goes on where another stopped.
 * @returns a function that stops it and resolves when the step in hand is done
 */
export function rebuildIndexes(context: RebuildContext): () => Promise<void> {
  let isStopped = false;
  let working: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const schedule = (delayMs: number) => {
    if (isStopped) return;
    timer = setTimeout(() => {
      working = rebuildStep(context)
        .catch((error: unknown) => {
          context.log.warn({ error }, 'a step of rebuilding an index failed; it is tried again');
          return false;
        })
        .then((isMore) => schedule(isMore ? pauseMs : idleMs));
    }, delayMs);
    timer.unref();
  };
  schedule(pauseMs);
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await working;
  };
}

/** Writes the next batch of a rebuild that is due. @returns whether there is more to write at once */
export async function rebuildStep(context: RebuildContext): Promise<boolean> {
  const { database, roomserver, serverName, log } = context;
  const names = rebuildableIndexes.map(({ name }) => name);
  const rebuild = await readIndexRebuild(database, names);
  const index = rebuildableIndexes.find(({ name }) => name === rebuild?.name);
  if (rebuild === undefined || index === undefined) return false;
  const { position, upTo } = rebuild;
  if (position >= upTo) {
    const isOver = await finishIndexRebuild(database, index.name, upgradeSeconds);
    if (isOver) log.info({ index: index.name, position }, 'an index is rebuilt');
    return isOver;
  }
  const { entries } = await roomserver.readLog({ from: position + 1, to: upTo, limit: batchSize, partition: 0 });
  const last = entries.at(-1);
  if (last === undefined) return false;
  await database.transaction(async (transaction) => {
    if (!(await advanceIndexRebuild(transaction, rebuild, last.position))) return;
    await index.write(transaction, entries, serverName);
  });
  const progress = Math.floor((last.position / upTo) * 100);
  if (progress > Math.floor((position / upTo) * 100)) {
    log.info({ index: index.name, position: last.position, upTo }, `rebuilding an index: ${progress} %`);
  }
  return true;
}
