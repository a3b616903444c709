import { changeTree } from '../change-tree.ts';
import { nodeAddress } from '../node-address.ts';
import { decodeNode } from '../node-codec.ts';
import type { NodeLookup } from '../node-lookup.ts';
import { EMPTY_STATE, type StateChange } from '../state-store.ts';

/** Nodes of trees, and which of them were looked at. */
export class NodesInMemory {
  readonly stored = new Map<number, Buffer>();
  readonly looked = new Set<number>();

  readonly lookup: NodeLookup = (address) => {
    this.looked.add(address);
    return this.stored.get(address);
  };

  /** The root of the changed tree, whose new nodes are stored. */
  change(root: number, changes: readonly StateChange[]): number {
    return this.added(root, changes).root;
  }

  /** What a change adds, which is stored too. */
  added(root: number, changes: readonly StateChange[]): { root: number; addresses: number[]; bytes: number } {
    const { root: changed, added } = changeTree(root, changes, this.lookup, nodeAddress);
    for (const { address, content } of added) this.stored.set(address, content);
    return {
      root: changed,
      addresses: added.map(({ address }) => address),
      bytes: added.reduce((sum, { content }) => sum + content.length, 0),
    };
  }

  /** All nodes of a tree. */
  reached(address: number): number[] {
    const content = this.stored.get(address);
    const node = content === undefined ? undefined : decodeNode(content);
    if (node === undefined) return [];
    const children = node.kind === 'leaf' ? [] : node.children.filter((child) => child !== EMPTY_STATE);
    return [address, ...children.flatMap((child) => this.reached(child))];
  }
}
