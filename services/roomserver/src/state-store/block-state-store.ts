import { hash } from 'node:crypto';
import { ByteBoundedCache } from '@plexus/cache';
import type { Observability } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import type { NumberRange } from '../storage/number-ranges.ts';
import { selectBlocks, selectSnapshotList, selectSnapshots } from '../storage/state-rows.ts';
import { decodeBlock, encodeBlock, mergeEntries } from './block-codec.ts';
import { blocksToMerge } from './compaction.ts';
import {
  EMPTY_STATE,
  type StateChange,
  type StateDifference,
  type StateEntry,
  type StatePlace,
  type StateStore,
  type StateWrite,
} from './state-store.ts';

interface ListedBlock {
  readonly block: number;
  readonly hash: string;
  readonly bytes: number;
}

/** Stands in a block at a place that was emptied. */
const NO_EVENT = 0;

/** Bytes of block content and of snapshot lists that are kept in memory; both are immutable. */
const BLOCK_CACHE_BYTES = 48 * 1024 * 1024;
const LIST_CACHE_BYTES = 16 * 1024 * 1024;

/** The first format: a snapshot is a list of sorted blocks, and what a later block says goes before what an earlier one says. */
export class BlockStateStore implements StateStore {
  readonly #queryable: Queryable;
  readonly #numbers: NumberRange;
  readonly #blocks: ByteBoundedCache<number, Buffer>;
  readonly #lists: ByteBoundedCache<number, readonly ListedBlock[]>;

  constructor(queryable: Queryable, numbers: NumberRange, observability: Observability) {
    this.#queryable = queryable;
    this.#numbers = numbers;
    this.#blocks = new ByteBoundedCache({
      name: 'roomserver_state_blocks',
      maxBytes: BLOCK_CACHE_BYTES,
      bytesOf: (entries) => entries.length + 100,
      observability,
    });
    this.#lists = new ByteBoundedCache({
      name: 'roomserver_state_snapshots',
      maxBytes: LIST_CACHE_BYTES,
      bytesOf: (list) => list.length * 120,
      observability,
    });
  }

  async change(snapshot: number, changes: readonly StateChange[]): Promise<StateWrite> {
    const list = await this.#list(snapshot);
    const added = mergeEntries([changes.map(({ event = NO_EVENT, ...place }) => ({ ...place, event }))]);
    const merged = blocksToMerge(
      list.map(({ bytes }) => bytes),
      encodeBlock(added).length,
    );
    const kept = list.slice(0, list.length - merged);
    const old = await this.#contents(list.slice(list.length - merged).map(({ block }) => block));
    const entries = encodeBlock(mergeEntries([...old.map(decodeBlock), added]));
    const block = { block: await this.#numbers.take(), hash: hashOf(entries), entries };
    this.#blocks.set(block.block, entries);
    const blocks = [...kept, { block: block.block, hash: block.hash, bytes: entries.length }];
    const number = await this.#numbers.take();
    this.#lists.set(number, blocks);
    const snapshotHash = hashOf(Buffer.from(blocks.map((each) => each.hash).join(''), 'hex'));
    return {
      snapshot: number,
      blocks: [block],
      snapshots: [{ snapshot: number, hash: snapshotHash, blocks: blocks.map((each) => each.block) }],
    };
  }

  async read(snapshots: readonly number[]): Promise<ReadonlyMap<number, readonly StateEntry[]>> {
    const states = new Map<number, readonly StateEntry[]>();
    const missing: number[] = [];
    for (const snapshot of new Set(snapshots)) {
      const cached = this.#cached(snapshot);
      if (cached === undefined) missing.push(snapshot);
      else states.set(snapshot, cached);
    }
    if (missing.length > 0) for (const [snapshot, state] of await this.#load(missing)) states.set(snapshot, state);
    return states;
  }

  async at(snapshot: number, places: readonly StatePlace[]): Promise<readonly StateEntry[]> {
    const byPlace = new Map(((await this.read([snapshot])).get(snapshot) ?? []).map((entry) => [nameOf(entry), entry]));
    return places.flatMap((place) => byPlace.get(nameOf(place)) ?? []);
  }

  async compare(snapshots: readonly number[]): Promise<readonly StateDifference[]> {
    const states = await this.read(snapshots);
    const byPlace = new Map<string, { type: number; stateKey: number; events: (number | undefined)[] }>();
    snapshots.forEach((snapshot, index) => {
      for (const { type, stateKey, event } of states.get(snapshot) ?? []) {
        const events = snapshots.map((): number | undefined => undefined);
        const difference = byPlace.get(nameOf({ type, stateKey })) ?? { type, stateKey, events };
        byPlace.set(nameOf({ type, stateKey }), difference);
        difference.events[index] = event;
      }
    });
    return [...byPlace.values()]
      .filter(({ events }) => new Set(events).size > 1)
      .sort((a, b) => a.type - b.type || a.stateKey - b.stateKey);
  }

  #cached(snapshot: number): readonly StateEntry[] | undefined {
    if (snapshot === EMPTY_STATE) return [];
    const blocks: StateEntry[][] = [];
    for (const { block } of this.#lists.get(snapshot) ?? []) {
      const entries = this.#blocks.get(block);
      if (entries === undefined) return undefined;
      blocks.push(decodeBlock(entries));
    }
    return blocks.length === 0 ? undefined : entriesOf(blocks);
  }

  async #load(snapshots: readonly number[]): Promise<ReadonlyMap<number, readonly StateEntry[]>> {
    type Row = { snapshot: number; block: number; hash: string; entries: Buffer };
    const lists = new Map<number, Row[]>();
    for (const row of await this.#queryable.query<Row>(selectSnapshots, [snapshots])) {
      const list = lists.get(row.snapshot);
      if (list === undefined) lists.set(row.snapshot, [row]);
      else list.push(row);
      this.#blocks.set(row.block, row.entries);
    }
    const states = new Map<number, readonly StateEntry[]>();
    for (const [snapshot, rows] of lists) {
      this.#lists.set(
        snapshot,
        rows.map(({ block, hash: blockHash, entries }) => ({ block, hash: blockHash, bytes: entries.length })),
      );
      states.set(snapshot, entriesOf(rows.map(({ entries }) => decodeBlock(entries))));
    }
    return states;
  }

  async #list(snapshot: number): Promise<readonly ListedBlock[]> {
    if (snapshot === EMPTY_STATE) return [];
    const cached = this.#lists.get(snapshot);
    if (cached !== undefined) return cached;
    const list = await this.#queryable.query<ListedBlock>(selectSnapshotList, [snapshot]);
    this.#lists.set(snapshot, list);
    return list;
  }

  async #contents(blocks: readonly number[]): Promise<Buffer[]> {
    const missing = blocks.filter((block) => !this.#blocks.has(block));
    if (missing.length > 0)
      for (const row of await this.#queryable.query<{ block: number; entries: Buffer }>(selectBlocks, [missing]))
        this.#blocks.set(row.block, row.entries);
    return blocks.map((block) => {
      const entries = this.#blocks.get(block);
      if (entries === undefined) throw new Error('a state block that a snapshot lists is missing');
      return entries;
    });
  }
}

function entriesOf(blocks: readonly (readonly StateEntry[])[]): StateEntry[] {
  return mergeEntries(blocks).filter(({ event }) => event !== NO_EVENT);
}

function nameOf({ type, stateKey }: StatePlace): string {
  return `${type} ${stateKey}`;
}

function hashOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex').slice(0, 32);
}
