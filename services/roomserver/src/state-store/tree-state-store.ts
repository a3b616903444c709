import { setImmediate } from 'node:timers/promises';
import type { Observability } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import { type ChangedTree, changeTree } from './change-tree.ts';
import { compareTrees } from './compare-trees.ts';
import { FirstFormatConverter, isOfFirstFormat } from './first-format/converter.ts';
import { lastOfEachPlace } from './last-of-each-place.ts';
import { NodeStore } from './node-store.ts';
import { placeHash } from './place-hash.ts';
import { reachableNodes } from './reachable-nodes.ts';
import { entriesAtPlaces, entriesOfTree } from './read-tree.ts';
import type { StateChange, StateDifference, StateEntry, StatePlace, StateStore, StateWrite } from './state-store.ts';

/** The whole of ten rooms of 100,000 members, or the paths to what changes in some ten thousand rooms. */
const CACHE_BYTES = 48 * 1024 * 1024;

/** Changes that are made without letting others go on: 5 ms. */
const CHANGES_PER_SLICE = 4_096;

/** State as content-addressed trees: docs/decisions/state-tree.md. */
export class TreeStateStore implements StateStore {
  readonly #nodes: NodeStore;
  readonly #firstFormat: FirstFormatConverter;

  constructor(queryable: Queryable, observability: Observability) {
    this.#nodes = new NodeStore(queryable, CACHE_BYTES, observability);
    this.#firstFormat = new FirstFormatConverter({
      queryable,
      observability,
      change: (root, changes) => this.change(root, changes),
      learnAddresses: (refused) => this.learnAddresses(refused),
    });
  }

  async change(snapshot: number, changes: readonly StateChange[]): Promise<StateWrite> {
    if (isOfFirstFormat(snapshot)) return this.change(await this.current(snapshot), changes);
    const last = lastOfEachPlace(changes);
    const { root, added } =
      last.length <= CHANGES_PER_SLICE
        ? await this.#changed(snapshot, last)
        : await this.#changedInSlices(snapshot, last);
    return { snapshot: root, nodes: added };
  }

  async read(snapshots: readonly number[]): Promise<ReadonlyMap<number, readonly StateEntry[]>> {
    const roots = new Map(await Promise.all(snapshots.map(async (each) => [each, await this.current(each)] as const)));
    const unique = [...new Set(roots.values())];
    const states = await Promise.all(
      unique.map((root) => this.#nodes.runInSlices((lookup) => entriesOfTree(root, lookup))),
    );
    const byRoot = new Map(unique.map((root, index) => [root, states[index] ?? []]));
    return new Map([...roots].map(([snapshot, root]) => [snapshot, byRoot.get(root) ?? []]));
  }

  async at(snapshot: number, places: readonly StatePlace[]): Promise<readonly StateEntry[]> {
    const root = await this.current(snapshot);
    return this.#nodes.run((lookup) => entriesAtPlaces(root, places, lookup));
  }

  async compare(snapshots: readonly number[]): Promise<readonly StateDifference[]> {
    const roots = await Promise.all(snapshots.map((each) => this.current(each)));
    return this.#nodes.runInSlices((lookup) => compareTrees(roots, lookup));
  }

  async current(snapshot: number): Promise<number> {
    if (!isOfFirstFormat(snapshot)) return snapshot;
    return (await this.convert([snapshot])).get(snapshot) ?? snapshot;
  }

  /** The trees of states of the first format, made and stored where they are not yet. */
  convert(snapshots: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.#firstFormat.rootsOf(snapshots);
  }

  /** The commit of these states was refused since other contents have the addresses of their nodes: one of 10^6 in a table of 10^9. */
  async learnAddresses(writes: readonly StateWrite[]): Promise<void> {
    await this.#nodes.learnAddresses(writes.flatMap(({ nodes }) => nodes));
  }

  async #changed(root: number, changes: readonly StateChange[]): Promise<ChangedTree> {
    const changed = await this.#nodes.run((lookup) => changeTree(root, changes, lookup, this.#nodes.addressOf));
    this.#nodes.keep(changed.added);
    return changed;
  }

  /** In the order of the tree, so that a slice has subtrees of its own and only nodes at the top are made more than once. */
  async #changedInSlices(snapshot: number, changes: readonly StateChange[]): Promise<ChangedTree> {
    const ordered = changes
      .map((change) => ({ change, hash: placeHash(change) >>> 0 }))
      .sort((a, b) => a.hash - b.hash)
      .map(({ change }) => change);
    const added = new Map<number, Buffer>();
    let root = snapshot;
    for (let start = 0; start < ordered.length; start += CHANGES_PER_SLICE) {
      const changed = await this.#changed(root, ordered.slice(start, start + CHANGES_PER_SLICE));
      for (const { address, content } of changed.added) added.set(address, content);
      root = changed.root;
      await setImmediate();
    }
    return { root, added: reachableNodes(root, added) };
  }
}
