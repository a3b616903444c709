import { decodeNode } from './node-codec.ts';
import type { NodeLookup } from './node-lookup.ts';
import { childIndex, placeHash } from './place-hash.ts';
import { EMPTY_STATE, type StateEntry, type StatePlace } from './state-store.ts';

/** Nodes that are read without letting others go on: 5 ms. */
const NODES_PER_SLICE = 1_000;

/** All entries of a tree; equal trees give them in the same order. Yields where others may go on. */
export function* entriesOfTree(root: number, lookup: NodeLookup): Generator<void, StateEntry[]> {
  const entries: StateEntry[] = [];
  const open = [root];
  let nodes = 0;
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    const content = address === EMPTY_STATE ? undefined : lookup(address);
    if (content === undefined) continue;
    if (++nodes % NODES_PER_SLICE === 0) yield;
    const node = decodeNode(content);
    if (node.kind === 'leaf') for (const entry of node.entries) entries.push(entry);
    else open.push(...node.children);
  }
  return entries;
}

/** What stands at places, in their order; of a tree of any size it needs a node a level for each place. */
export function entriesAtPlaces(root: number, places: readonly StatePlace[], lookup: NodeLookup): StateEntry[] {
  return places.flatMap((place) => entryAt(root, place, lookup) ?? []);
}

function entryAt(root: number, place: StatePlace, lookup: NodeLookup): StateEntry | undefined {
  const hash = placeHash(place);
  let address = root;
  for (let depth = 0; address !== EMPTY_STATE; depth++) {
    const content = lookup(address);
    if (content === undefined) return undefined;
    const node = decodeNode(content);
    if (node.kind === 'leaf')
      return node.entries.find(({ type, stateKey }) => type === place.type && stateKey === place.stateKey);
    address = node.children[childIndex(hash, depth)] ?? EMPTY_STATE;
  }
  return undefined;
}
