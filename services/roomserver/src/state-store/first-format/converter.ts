import { ByteBoundedCache } from '@plexus/cache';
import type { Observability } from '@plexus/observability';
import { isCheckViolation, type Queryable } from '@plexus/postgres';
import {
  insertNodes,
  type ListedBlockRow,
  selectBlocks,
  selectSnapshotLists,
} from '../../storage/first-format-rows.ts';
import { FIRST_NODE_ADDRESS } from '../node-address.ts';
import type { StateNode } from '../node-lookup.ts';
import { EMPTY_STATE, type StateChange, type StateWrite } from '../state-store.ts';
import { decodeBlock } from './block-codec.ts';
import { type BlockList, changesBetween, commonBlocks } from './list-difference.ts';

/** Whether a snapshot is a list of blocks. */
export function isOfFirstFormat(snapshot: number): boolean {
  return snapshot > EMPTY_STATE && snapshot < FIRST_NODE_ADDRESS;
}

/** A converted state, from which others of its room are a few changes away. */
interface Neighbour {
  readonly blocks: BlockList;
  readonly root: number;
}

interface Plan {
  readonly snapshot: number;
  readonly blocks: BlockList;
  /** Of each block. */
  readonly bytes: readonly number[];
}

const NO_NEIGHBOUR: Neighbour = { blocks: [], root: EMPTY_STATE };

export interface FirstFormatOptions {
  readonly queryable: Queryable;
  readonly observability: Observability;
  /** Changes a tree. */
  readonly change: (root: number, changes: readonly StateChange[]) => Promise<StateWrite>;
  readonly learnAddresses: (refused: readonly StateWrite[]) => Promise<void>;
}

const BLOCK_CACHE_BYTES = 16 * 1024 * 1024;
const NEIGHBOUR_CACHE_BYTES = 4 * 1024 * 1024;
const ROOT_CACHE_BYTES = 4 * 1024 * 1024;
/** Nodes that are written with one statement: 0.5 MB. */
const NODES_PER_INSERT = 2_000;

/**
 * Makes trees of states of the first format. The tree of a state that others came before of in its room is made from theirs by what is
 * different; so all states of a room cost about what its changes cost. Its nodes are stored before anybody hears of its root.
 */
export class FirstFormatConverter {
  readonly #options: FirstFormatOptions;
  readonly #blocks: ByteBoundedCache<number, Buffer>;
  /** By the first block of their list. */
  readonly #neighbours: ByteBoundedCache<number, Neighbour>;
  readonly #roots: ByteBoundedCache<number, { readonly root: number }>;
  #converting: Promise<unknown> = Promise.resolve();

  constructor(options: FirstFormatOptions) {
    const { observability } = options;
    this.#options = options;
    this.#blocks = new ByteBoundedCache({
      name: 'roomserver_first_format_blocks',
      maxBytes: BLOCK_CACHE_BYTES,
      bytesOf: (entries) => entries.length + 100,
      observability,
    });
    this.#neighbours = new ByteBoundedCache({
      name: 'roomserver_first_format_neighbours',
      maxBytes: NEIGHBOUR_CACHE_BYTES,
      bytesOf: ({ blocks }) => 100 + 8 * blocks.length,
      observability,
    });
    this.#roots = new ByteBoundedCache({
      name: 'roomserver_first_format_roots',
      maxBytes: ROOT_CACHE_BYTES,
      bytesOf: () => 32,
      observability,
    });
  }

  /**
   * The root of each state's tree.
   * @throws Error when a state is not there (any more).
   */
  async rootsOf(snapshots: readonly number[]): Promise<ReadonlyMap<number, number>> {
    // One after the other: states that are asked for at the same time are mostly of the same rooms.
    const mine = this.#converting.then(() => this.#rootsOf(snapshots));
    this.#converting = mine.catch(() => undefined);
    return mine;
  }

  async #rootsOf(snapshots: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const roots = new Map<number, number>();
    const missing: number[] = [];
    for (const snapshot of new Set(snapshots)) {
      const known = this.#roots.get(snapshot);
      if (known === undefined) missing.push(snapshot);
      else roots.set(snapshot, known.root);
    }
    for (const plans of chunksOf(await this.#plans(missing)))
      for (const [snapshot, root] of await this.#convertAll(plans)) roots.set(snapshot, root);
    return roots;
  }

  async #plans(snapshots: readonly number[]): Promise<Plan[]> {
    if (snapshots.length === 0) return [];
    const rows = await this.#options.queryable.query<ListedBlockRow>(selectSnapshotLists, [snapshots]);
    const lists = Map.groupBy(rows, ({ snapshot }) => snapshot);
    return snapshots
      .toSorted((a, b) => a - b)
      .map((snapshot) => {
        const list = lists.get(snapshot);
        if (list === undefined) throw new Error('a state of the first format is not there');
        return { snapshot, blocks: list.map(({ block }) => block), bytes: list.map(({ bytes }) => bytes) };
      });
  }

  async #convertAll(plans: readonly Plan[]): Promise<ReadonlyMap<number, number>> {
    const contents = await this.#load(this.#blocksOf(plans));
    const roots = new Map<number, number>();
    const writes: StateWrite[] = [];
    try {
      for (const { snapshot, blocks } of plans) {
        const write = await this.#convert(blocks, contents);
        writes.push(write);
        roots.set(snapshot, write.snapshot);
      }
      await this.#store(writes);
    } catch (error) {
      // What was not stored must not be built on.
      this.#neighbours.clear();
      throw error;
    }
    for (const [snapshot, root] of roots) this.#roots.set(snapshot, { root });
    return roots;
  }

  async #convert(blocks: BlockList, contents: Map<number, Buffer>): Promise<StateWrite> {
    const [first = 0] = blocks;
    const before = this.#neighbours.get(first) ?? NO_NEIGHBOUR;
    for (;;) {
      const missing = new Set<number>();
      const changes = changesBetween(before.blocks, blocks, (block) => {
        const entries = contents.get(block);
        if (entries === undefined) missing.add(block);
        return entries === undefined ? [] : decodeBlock(entries);
      });
      if (missing.size === 0) {
        const write = await this.#options.change(before.root, changes);
        this.#neighbours.set(first, { blocks, root: write.snapshot });
        return write;
      }
      for (const [block, entries] of await this.#load(missing)) contents.set(block, entries);
    }
  }

  /** The blocks in which the states differ from those that come before them. */
  #blocksOf(plans: readonly Plan[]): Set<number> {
    const needed = new Set<number>();
    const before = new Map<number, BlockList>();
    for (const { blocks } of plans) {
      const [first = 0] = blocks;
      const old = before.get(first) ?? this.#neighbours.peek(first)?.blocks ?? NO_NEIGHBOUR.blocks;
      const common = commonBlocks(old, blocks);
      for (const block of [...old.slice(common), ...blocks.slice(common)]) needed.add(block);
      before.set(first, blocks);
    }
    return needed;
  }

  async #load(blocks: ReadonlySet<number>): Promise<Map<number, Buffer>> {
    const contents = new Map<number, Buffer>();
    const missing: number[] = [];
    for (const block of blocks) {
      const entries = this.#blocks.get(block);
      if (entries === undefined) missing.push(block);
      else contents.set(block, entries);
    }
    if (missing.length === 0) return contents;
    const { queryable } = this.#options;
    for (const { block, entries } of await queryable.query<{ block: number; entries: Buffer }>(selectBlocks, [
      missing,
    ])) {
      contents.set(block, entries);
      this.#blocks.set(block, entries);
    }
    if (missing.some((block) => !contents.has(block))) throw new Error('a block of the first format is not there');
    return contents;
  }

  async #store(writes: readonly StateWrite[]): Promise<void> {
    const byAddress = new Map(writes.flatMap(({ nodes }) => nodes).map((node) => [node.address, node]));
    const nodes = [...byAddress.values()].sort((a, b) => a.address - b.address);
    try {
      for (let start = 0; start < nodes.length; start += NODES_PER_INSERT)
        await this.#insert(nodes.slice(start, start + NODES_PER_INSERT));
    } catch (error) {
      if (isCheckViolation(error, 'state_nodes_one_content')) await this.#options.learnAddresses(writes);
      throw error;
    }
  }

  async #insert(nodes: readonly StateNode[]): Promise<void> {
    await this.#options.queryable.query(insertNodes, [
      nodes.map(({ address }) => address),
      nodes.map(({ content }) => content),
    ]);
  }
}

/** Parts of which each has about so many bytes of blocks at most, counted as if no state had a neighbour. */
const CHUNK_BYTES = 16 * 1024 * 1024;

function chunksOf(plans: readonly Plan[]): Plan[][] {
  const chunks: Plan[][] = [];
  let chunk: Plan[] = [];
  let bytes = 0;
  const counted = new Set<number>();
  for (const plan of plans) {
    plan.blocks.forEach((block, index) => {
      if (!counted.has(block)) bytes += plan.bytes[index] ?? 0;
      counted.add(block);
    });
    chunk.push(plan);
    if (bytes < CHUNK_BYTES) continue;
    chunks.push(chunk);
    chunk = [];
    bytes = 0;
    counted.clear();
  }
  return chunk.length === 0 ? chunks : [...chunks, chunk];
}
