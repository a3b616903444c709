import { type Children, decodeNode, encodeInner, encodeLeaf } from './node-codec.ts';
import type { NodeLookup, StateNode } from './node-lookup.ts';
import { childIndex, FAN_OUT, MAX_DEPTH, placeHash } from './place-hash.ts';
import { byPlace } from './place-order.ts';
import { EMPTY_STATE, type StateChange, type StateEntry } from './state-store.ts';

/**
 * Entries that a leaf holds at most. Measured in a room of 100,000 members with all indexes counted: see docs/decisions/state-tree.md for
 * 16, 32 and 64.
 */
export const MAX_LEAF_ENTRIES = 32;

export interface ChangedTree {
  /** Address of the root; EMPTY_STATE when nothing is left. */
  readonly root: number;
  /** The nodes that are not at the same position in the tree that was changed, children before parents. */
  readonly added: readonly StateNode[];
}

/** What a position has come to, and by how many entries it has grown. */
interface Changed {
  /** EMPTY_STATE when nothing stands there. */
  readonly address: number;
  readonly growth: number;
}

interface Work {
  readonly lookup: NodeLookup;
  readonly addressOf: (content: Buffer) => number;
  added: StateNode[];
}

interface PlacedChange extends StateChange {
  readonly hash: number;
}

interface PlacedEntry extends StateEntry {
  readonly hash: number;
}

const NO_ENTRIES = encodeLeaf([]);

/**
 * The tree with these changes, of which no two are of one place, in one pass. The shape follows from the entries alone: a position with up
 * to MAX_LEAF_ENTRIES entries below it is a leaf, one with more is an inner node whose children are chosen by four bits of each place's hash.
 */
export function changeTree(
  root: number,
  changes: readonly StateChange[],
  lookup: NodeLookup,
  addressOf: (content: Buffer) => number,
): ChangedTree {
  const work: Work = { lookup, addressOf, added: [] };
  const placed = changes.map((change) => ({ ...change, hash: placeHash(change) }));
  const { address } = changeNode(root, 0, placed, work);
  return { root: address, added: work.added };
}

function changeNode(address: number, depth: number, changes: readonly PlacedChange[], work: Work): Changed {
  const content = address === EMPTY_STATE ? NO_ENTRIES : work.lookup(address);
  if (content === undefined) return { address, growth: 0 };
  const node = decodeNode(content);
  if (node.kind === 'inner') return changeInner({ address, ...node }, depth, changes, work);
  const entries = withChanges(node.entries, changes);
  return { address: build(entries, depth, address, work), growth: entries.length - node.entries.length };
}

interface InnerNode {
  readonly address: number;
  readonly count: number;
  readonly children: Children;
}

function changeInner(before: InnerNode, depth: number, changes: readonly PlacedChange[], work: Work): Changed {
  const children = [...before.children];
  let growth = 0;
  for (const [index, ofChild] of byChild(changes, depth)) {
    const changed = changeNode(children[index] ?? EMPTY_STATE, depth + 1, ofChild, work);
    children[index] = changed.address;
    growth += changed.growth;
  }
  const count = before.count + growth;
  if (count <= MAX_LEAF_ENTRIES) return { address: gather(children, before.address, work), growth };
  return { address: add(encodeInner(count, children), before.address, work), growth };
}

/** A leaf of all that is left below a position. What was made for its parts is not needed. */
function gather(children: Children, before: number, work: Work): number {
  const made = new Map(work.added.map((node) => [node.address, node.content]));
  const entries: StateEntry[] = [];
  for (const child of children) {
    const content = child === EMPTY_STATE ? NO_ENTRIES : (made.get(child) ?? work.lookup(child));
    const node = content === undefined ? undefined : decodeNode(content);
    if (node?.kind === 'leaf') entries.push(...node.entries);
  }
  const parts = new Set(children);
  work.added = work.added.filter(({ address }) => !parts.has(address));
  return leaf(entries.sort(byPlace), before, work);
}

function build(entries: readonly StateEntry[], depth: number, before: number, work: Work): number {
  if (isLeaf(entries, depth)) return leaf(entries, before, work);
  const placed = entries.map((entry) => ({ ...entry, hash: placeHash(entry) }));
  return buildInner(placed, depth, before, work);
}

function buildInner(entries: readonly PlacedEntry[], depth: number, before: number, work: Work): number {
  const children: number[] = Array.from({ length: FAN_OUT }, () => EMPTY_STATE);
  for (const [index, ofChild] of byChild(entries, depth))
    children[index] = isLeaf(ofChild, depth + 1)
      ? leaf(ofChild, EMPTY_STATE, work)
      : buildInner(ofChild, depth + 1, EMPTY_STATE, work);
  return add(encodeInner(entries.length, children), before, work);
}

/** At the last depth the hash is used up, and a leaf takes whatever comes. */
function isLeaf(entries: readonly StateEntry[], depth: number): boolean {
  return entries.length <= MAX_LEAF_ENTRIES || depth === MAX_DEPTH;
}

function leaf(entries: readonly StateEntry[], before: number, work: Work): number {
  return entries.length === 0 ? EMPTY_STATE : add(encodeLeaf(entries), before, work);
}

function add(content: Buffer, before: number, { addressOf, added }: Work): number {
  const address = addressOf(content);
  if (address !== before) added.push({ address, content });
  return address;
}

/** In the order of children. */
function byChild<Placed extends { readonly hash: number }>(
  items: readonly Placed[],
  depth: number,
): [index: number, ofChild: Placed[]][] {
  const parts = new Map<number, Placed[]>();
  for (const item of items) {
    const index = childIndex(item.hash, depth);
    const part = parts.get(index);
    if (part === undefined) parts.set(index, [item]);
    else part.push(item);
  }
  return [...parts].sort(([a], [b]) => a - b);
}

/** Sorted entries with changes put in. */
function withChanges(entries: readonly StateEntry[], changes: readonly StateChange[]): StateEntry[] {
  const sorted = changes.length === 1 ? changes : changes.toSorted(byPlace);
  const result: StateEntry[] = [];
  let at = 0;
  for (const { type, stateKey, event } of sorted) {
    for (let entry = entries[at]; entry !== undefined && byPlace(entry, { type, stateKey }) < 0; entry = entries[at]) {
      result.push(entry);
      at++;
    }
    const old = entries[at];
    if (old !== undefined && old.type === type && old.stateKey === stateKey) at++;
    if (event !== undefined) result.push({ type, stateKey, event });
  }
  return result.concat(entries.slice(at));
}
