import type { Logger, Random } from '@plexus/observability';
import type { Database, Statement } from '@plexus/postgres';
import type { RoomserverMetrics } from '../../metrics.ts';
import {
  beginCollection,
  beginSweep,
  claimCollection,
  deleteNodes,
  finishCollection,
  forgetRoots,
  keepCollection,
  noteHeads,
  type RootRow,
  selectEventRoots,
  selectNodeCount,
  selectNotedRoots,
  selectOldNodes,
  selectTransitionRoots,
} from '../../storage/collection-rows.ts';
import { markTrees } from './mark-trees.ts';
import { NodeMarks } from './node-marks.ts';
import { SeenSubtrees } from './seen-subtrees.ts';

export interface CollectionOptions {
  readonly database: Database;
  readonly random: Random;
  readonly metrics: RoomserverMetrics;
  readonly log: Logger;
  /** Names this process among its replicas. */
  readonly process: string;
  /** From the end of a collection to the beginning of the next. */
  readonly intervalMs: number;
  /** Rows, or pages of nodes, that one step looks at. */
  readonly rowsPerStep?: number;
  readonly pagesPerStep?: number;
}

const ROWS_PER_STEP = 2_000;
/** Some 2,000 nodes. */
const PAGES_PER_STEP = 64;
/** Longer than a step and the pause after it. */
const CLAIM_MS = 120_000;
const MAX_MARK_BYTES = 64 * 1024 * 1024;

/** What refers to states, in the order in which it is looked through: what was noted comes last, since it is noted meanwhile. */
const SOURCES: readonly Statement[] = [selectEventRoots, selectTransitionRoots, selectNotedRoots];

/** A collection that this process is at; all that it knows is in memory, and lost with the process. */
interface Collection {
  readonly generation: number;
  readonly marks: NodeMarks;
  readonly seen: SeenSubtrees;
  readonly pages: number;
  source: number;
  key: number;
  page: number;
  removed: number;
}

/**
 * Removes the nodes that no state of an event, of a head or of a log entry has, step by step: docs/decisions/state-collection.md says why no
 * commit can lose a node by it. Several replicas may run it: one at a time collects.
 */
export class StateCollector {
  readonly #options: CollectionOptions;
  #collection: Collection | undefined;

  constructor(options: CollectionOptions) {
    this.#options = options;
  }

  /** True: another step can follow. */
  async step(): Promise<boolean> {
    const collection = this.#collection;
    // What fails leaves nothing half known behind: the next collection begins anew.
    this.#collection = undefined;
    const next = collection === undefined ? await this.#begin() : await this.#continue(collection);
    this.#collection = next;
    return next !== undefined;
  }

  async #begin(): Promise<Collection | undefined> {
    const { database, process, intervalMs, random, log } = this.#options;
    const claimed = await database.query(claimCollection, [process, CLAIM_MS, intervalMs]);
    if (claimed.length === 0) return undefined;
    await database.query(forgetRoots, [process]);
    const [begun] = await database.query<{ generation: number }>(beginCollection, [process]);
    if (begun === undefined) return undefined;
    await database.query(noteHeads, []);
    const [count] = await database.query<{ nodes: number; pages: number }>(selectNodeCount, []);
    const { nodes, pages } = count ?? { nodes: 0, pages: 0 };
    const marks = new NodeMarks(nodes, { maxBytes: MAX_MARK_BYTES, seed: random.bytes(4).readInt32BE() });
    log.info({ nodes, markBytes: marks.bytes }, 'unreachable room states are looked for');
    const { generation } = begun;
    return { generation, marks, seen: new SeenSubtrees(), pages, source: 0, key: 0, page: 0, removed: 0 };
  }

  async #continue(collection: Collection): Promise<Collection | undefined> {
    const { database, process } = this.#options;
    const mine = await database.query(keepCollection, [process, CLAIM_MS, collection.generation]);
    if (mine.length === 0) return undefined;
    const source = SOURCES[collection.source];
    return source === undefined ? this.#sweep(collection) : this.#mark(collection, source);
  }

  async #mark(collection: Collection, source: Statement): Promise<Collection> {
    const { database, process, rowsPerStep = ROWS_PER_STEP } = this.#options;
    const rows = await database.query<RootRow>(source, [collection.key, rowsPerStep]);
    const last = rows.at(-1);
    if (last !== undefined) {
      await markTrees(database, new Set(rows.flatMap(({ snapshots }) => snapshots)), collection);
      return { ...collection, key: last.key };
    }
    if (collection.source === SOURCES.length - 1) await database.query(beginSweep, [process, collection.generation]);
    return { ...collection, source: collection.source + 1, key: 0 };
  }

  async #sweep(collection: Collection): Promise<Collection | undefined> {
    const { database, pagesPerStep = PAGES_PER_STEP, metrics } = this.#options;
    const { generation, page, pages, marks } = collection;
    if (page >= pages) return this.#finish(collection);
    const old = await database.query<{ address: number }>(selectOldNodes, [page, page + pagesPerStep, generation]);
    const unreachable = old.flatMap(({ address }) => (marks.isMarked(address) ? [] : [address]));
    const removed = unreachable.length === 0 ? 0 : await this.#remove(collection, unreachable);
    metrics.stateNodesRemoved.inc(removed);
    metrics.stateCollectionLeft.set(Math.max(0, pages - page - pagesPerStep));
    return { ...collection, page: page + pagesPerStep, removed: collection.removed + removed };
  }

  async #remove({ generation }: Collection, addresses: readonly number[]): Promise<number> {
    const { database, process } = this.#options;
    const [row] = await database.query<{ removed: number }>(deleteNodes, [process, generation, addresses]);
    return row?.removed ?? 0;
  }

  async #finish({ generation, removed }: Collection): Promise<undefined> {
    const { database, process, log } = this.#options;
    await database.query(finishCollection, [process, generation]);
    log.info({ removed }, 'unreachable room states are removed');
    return undefined;
  }
}
