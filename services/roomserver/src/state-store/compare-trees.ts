import { type Children, decodeNode } from './node-codec.ts';
import type { NodeLookup } from './node-lookup.ts';
import { childIndex, FAN_OUT, placeHash } from './place-hash.ts';
import { byPlace } from './place-order.ts';
import { EMPTY_STATE, type StateDifference, type StateEntry } from './state-store.ts';

/** What a tree has at a position: a node that was not looked at yet, or the entries of a leaf that began further up. */
type Part = number | readonly StateEntry[];

interface Difference extends StateDifference {
  readonly events: (number | undefined)[];
}

interface Comparison {
  readonly lookup: NodeLookup;
  readonly differences: Difference[];
  /** Parts that were opened since others went on. */
  opened: number;
}

/** Nodes that are opened without letting others go on: 10 ms. */
const PARTS_PER_SLICE = 1_000;

/**
 * The places at which the trees do not all have the same event. Positions where all have the same node are not entered. Yields where others
 * may go on.
 */
export function* compareTrees(roots: readonly number[], lookup: NodeLookup): Generator<void, StateDifference[]> {
  const comparison: Comparison = { lookup, differences: [], opened: 0 };
  yield* compareAt(roots, 0, comparison);
  return comparison.differences.sort(byPlace);
}

function* compareAt(parts: readonly Part[], depth: number, comparison: Comparison): Generator<void, void> {
  const [first] = parts;
  if (parts.every((part) => part === first || (isEmpty(part) && isEmpty(first)))) return;
  comparison.opened += parts.length;
  if (comparison.opened >= PARTS_PER_SLICE) {
    comparison.opened = 0;
    yield;
  }
  const opened = open(parts, comparison.lookup);
  if (opened === undefined) return;
  const entries = opened.flatMap((each) => (each.kind === 'entries' ? [each.entries] : []));
  if (entries.length === opened.length) {
    compareEntries(entries, comparison.differences);
    return;
  }
  for (let index = 0; index < FAN_OUT; index++)
    yield* compareAt(
      opened.map((each) => partBelow(each, index, depth)),
      depth + 1,
      comparison,
    );
}

type OpenedPart =
  | { readonly kind: 'entries'; readonly entries: readonly StateEntry[] }
  | { readonly kind: 'children'; readonly children: Children };

/** Undefined when a node is missing; all that are have been asked for. Equal nodes are decoded once. */
function open(parts: readonly Part[], lookup: NodeLookup): OpenedPart[] | undefined {
  const nodes = new Map<number, OpenedPart>();
  let isWhole = true;
  for (const part of parts) {
    if (typeof part !== 'number' || part === EMPTY_STATE || nodes.has(part)) continue;
    const content = lookup(part);
    if (content === undefined) {
      isWhole = false;
      continue;
    }
    const node = decodeNode(content);
    nodes.set(
      part,
      node.kind === 'leaf' ? { kind: 'entries', entries: node.entries } : { kind: 'children', children: node.children },
    );
  }
  return isWhole
    ? parts.map((part) =>
        typeof part === 'number' ? (nodes.get(part) ?? NOTHING) : { kind: 'entries', entries: part },
      )
    : undefined;
}

const NOTHING: OpenedPart = { kind: 'entries', entries: [] };

function isEmpty(part: Part | undefined): boolean {
  return part === EMPTY_STATE || (typeof part === 'object' && part.length === 0);
}

function partBelow(part: OpenedPart, index: number, depth: number): Part {
  if (part.kind === 'children') return part.children[index] ?? EMPTY_STATE;
  return part.entries.filter((entry) => childIndex(placeHash(entry), depth) === index);
}

function compareEntries(states: readonly (readonly StateEntry[])[], differences: Difference[]): void {
  const byName = new Map<string, Difference>();
  states.forEach((entries, index) => {
    for (const { type, stateKey, event } of entries) {
      const name = `${type} ${stateKey}`;
      const known = byName.get(name);
      const difference = known ?? { type, stateKey, events: states.map((): number | undefined => undefined) };
      if (known === undefined) byName.set(name, difference);
      difference.events[index] = event;
    }
  });
  for (const difference of byName.values())
    if (difference.events.some((event) => event !== difference.events[0])) differences.push(difference);
}
