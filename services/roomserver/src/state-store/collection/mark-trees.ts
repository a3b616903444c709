import type { Queryable } from '@plexus/postgres';
import { type NodeRow, selectNodes } from '../../storage/state-rows.ts';
import { isNodeAddress } from '../node-address.ts';
import { decodeNode } from '../node-codec.ts';
import type { NodeMarks } from './node-marks.ts';
import type { SeenSubtrees } from './seen-subtrees.ts';

/** Nodes that are loaded at once, deepest first: so no more than some ten thousand addresses wait, whatever the size of the trees. */
const NODES_PER_QUERY = 2_000;

/**
 * Marks all nodes of the trees with these roots. When it throws, what was seen is not to be believed, and the collection ends.
 * @throws Error when a node is missing: then nothing may be removed, since marks may be missing too.
 */
export async function markTrees(
  queryable: Queryable,
  roots: Iterable<number>,
  { marks, seen }: { readonly marks: NodeMarks; readonly seen: SeenSubtrees },
): Promise<void> {
  const waiting: number[] = [];
  const take = (address: number) => {
    if (!isNodeAddress(address) || seen.see(address)) return;
    marks.mark(address);
    waiting.push(address);
  };
  for (const root of roots) take(root);
  while (waiting.length > 0) {
    const batch = new Set(waiting.splice(-NODES_PER_QUERY));
    const rows = await queryable.query<NodeRow>(selectNodes, [[...batch]]);
    if (rows.length < batch.size) throw new Error('a node of a room state is missing');
    for (const { content } of rows) {
      const node = decodeNode(content);
      if (node.kind === 'inner') for (const child of node.children) take(child);
    }
  }
}
