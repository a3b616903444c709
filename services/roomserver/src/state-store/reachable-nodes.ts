import { decodeNode } from './node-codec.ts';
import type { StateNode } from './node-lookup.ts';

/** Those of the nodes that are in a tree; what is below a node that is not among them is not looked at. */
export function reachableNodes(root: number, nodes: ReadonlyMap<number, Buffer>): StateNode[] {
  const reached: StateNode[] = [];
  const open = [root];
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    const content = nodes.get(address);
    if (content === undefined) continue;
    reached.push({ address, content });
    const node = decodeNode(content);
    if (node.kind === 'inner') open.push(...node.children);
  }
  return reached;
}
