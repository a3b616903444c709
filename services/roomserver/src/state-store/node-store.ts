import { setImmediate } from 'node:timers/promises';
import { ByteBoundedCache } from '@plexus/cache';
import type { Observability } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import { type NodeRow, selectNodes } from '../storage/state-rows.ts';
import { ADDRESSES_OF_CONTENT, nodeAddress } from './node-address.ts';
import type { NodeLookup, StateNode } from './node-lookup.ts';

/** Of a cached node beside its content: the Buffer. */
const BUFFER_BYTES = 100;

/** A round trip's worth of nodes: 20,000 rows are 4 MB. */
const MAX_NODES_PER_QUERY = 20_000;

interface Loading {
  readonly wanted: Set<number>;
  readonly loaded: Promise<ReadonlyMap<number, Buffer>>;
}

/** Nodes by address: in memory as many as fit, the others from the table. Nodes never change, so what is in memory is never wrong. */
export class NodeStore {
  readonly #queryable: Queryable;
  readonly #cache: ByteBoundedCache<number, Buffer>;
  /** Contents that were found at an address of another one. */
  readonly #foreign = new Map<number, Buffer>();
  #loading: Loading | undefined;

  constructor(queryable: Queryable, cacheBytes: number, observability: Observability) {
    this.#queryable = queryable;
    this.#cache = new ByteBoundedCache({
      name: 'roomserver_state_nodes',
      maxBytes: cacheBytes,
      bytesOf: (content) => content.length + BUFFER_BYTES,
      observability,
    });
  }

  /**
   * Runs an operation that looks nodes up, again and again until it found all of them; each time it has gone a level further down. What many
   * operations miss at the same time is loaded together.
   * @throws Error when a node is not there at all: its room was deleted, or rows were lost.
   */
  run<Result>(operation: (lookup: NodeLookup) => Result): Promise<Result> {
    return this.#untilFound(async (lookup) => operation(lookup));
  }

  /** The same for one that yields where others may go on. */
  runInSlices<Result>(operation: (lookup: NodeLookup) => Generator<void, Result>): Promise<Result> {
    return this.#untilFound(async (lookup) => {
      const slices = operation(lookup);
      for (let slice = slices.next(); ; slice = slices.next()) {
        if (slice.done === true) return slice.value;
        await setImmediate();
      }
    });
  }

  async #untilFound<Result>(operation: (lookup: NodeLookup) => Promise<Result>): Promise<Result> {
    const held = new Map<number, Buffer>();
    for (;;) {
      const missing = new Set<number>();
      const result = await operation((address) => {
        const content = held.get(address) ?? this.#cache.get(address);
        if (content === undefined) missing.add(address);
        return content;
      });
      if (missing.size === 0) return result;
      const loaded = await this.#load(missing);
      for (const address of missing) {
        const content = loaded.get(address);
        if (content === undefined) throw new Error('a node of a room state is missing');
        // Held here as well, since the cache may be too small for all.
        held.set(address, content);
      }
    }
  }

  /** The address under which a content is stored: its first one that no other content has. */
  readonly addressOf = (content: Buffer): number => {
    for (let attempt = 0; attempt < ADDRESSES_OF_CONTENT; attempt++) {
      const address = nodeAddress(content, attempt);
      const there = this.#foreign.get(address) ?? this.#cache.peek(address);
      if (there === undefined || there.equals(content)) return address;
    }
    throw new Error('all addresses of a node are taken by others');
  };

  /** Keeps nodes that are made and yet to be committed. */
  keep(nodes: Iterable<StateNode>): void {
    for (const { address, content } of nodes) this.#cache.set(address, content);
  }

  /** Looks at what is stored at the addresses of nodes that were refused, so that they get others when they are made again. */
  async learnAddresses(refused: readonly StateNode[]): Promise<void> {
    const stored = await this.#query(refused.map(({ address }) => address));
    for (const { address, content } of refused) {
      const there = stored.get(address);
      if (there !== undefined && !there.equals(content)) this.#foreign.set(address, there);
      this.#cache.delete(address);
    }
  }

  #load(addresses: ReadonlySet<number>): Promise<ReadonlyMap<number, Buffer>> {
    this.#loading ??= this.#begin();
    for (const address of addresses) this.#loading.wanted.add(address);
    return this.#loading.loaded;
  }

  /** The query goes out at the end of the turn, with what all callers of the turn want. */
  #begin(): Loading {
    const wanted = new Set<number>();
    const send = async () => {
      await Promise.resolve();
      this.#loading = undefined;
      return this.#query([...wanted]);
    };
    return { wanted, loaded: send() };
  }

  async #query(addresses: readonly number[]): Promise<ReadonlyMap<number, Buffer>> {
    const found = new Map<number, Buffer>();
    for (let start = 0; start < addresses.length; start += MAX_NODES_PER_QUERY) {
      const part = addresses.slice(start, start + MAX_NODES_PER_QUERY);
      for (const { address, content } of await this.#queryable.query<NodeRow>(selectNodes, [part])) {
        found.set(address, content);
        this.#cache.set(address, content);
      }
    }
    return found;
  }
}
