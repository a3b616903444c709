import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LEAF_ENTRIES } from './change-tree.ts';
import { compareTrees } from './compare-trees.ts';
import { lastOfEachPlace } from './last-of-each-place.ts';
import { placeHash } from './place-hash.ts';
import { byPlace } from './place-order.ts';
import { entriesAtPlaces, entriesOfTree } from './read-tree.ts';
import { EMPTY_STATE, type StateEntry } from './state-store.ts';
import { finish } from './testing/finish.ts';
import { MapState } from './testing/map-state.ts';
import { NodesInMemory } from './testing/nodes-in-memory.ts';
import { drawFrom, randomChanges, randomEntries } from './testing/random-states.ts';

/** Set PLEXUS_TEST_CASES to 10000000 for a long night. */
const CASES = Number(process.env['PLEXUS_TEST_CASES'] ?? 100_000);

const LARGE = 100_000;

describe('a state tree', () => {
  it('holds what a map holds, in one shape whatever the way, and tells where it differs', { timeout: 0 }, () => {
    const check = (seed: number) => {
      const draw = drawFrom(seed);
      const start = new MapState(randomEntries(draw));
      const changes = randomChanges(draw, start.entries);
      const changed = start.with(changes);

      const nodes = new NodesInMemory();
      const root = nodes.change(EMPTY_STATE, start.entries);
      const changedRoot = nodes.change(root, lastOfEachPlace(changes));

      expect(changedRoot).toBe(new NodesInMemory().change(EMPTY_STATE, changed.entries));
      expectEqual(finish(entriesOfTree(changedRoot, nodes.lookup)).sort(byPlace), changed.entries);
      expectEqual(entriesAtPlaces(changedRoot, changes, nodes.lookup), changed.at(changes));
      expectEqual(finish(compareTrees([root, changedRoot], nodes.lookup)), MapState.differences([start, changed]));
    };
    fc.assert(fc.property(fc.integer(), check), { numRuns: CASES });
  });

  it('brings every node that is not at its position already, and none that the changed tree has not', {
    timeout: 0,
  }, () => {
    const check = (seed: number) => {
      const draw = drawFrom(seed);
      const start = new MapState(randomEntries(draw));
      const nodes = new NodesInMemory();
      const root = nodes.change(EMPTY_STATE, start.entries);
      const before = new Set(nodes.reached(root));
      const added = nodes.added(root, lastOfEachPlace(randomChanges(draw, start.entries)));
      const after = nodes.reached(added.root);
      // A leaf may go up or down a level: then it is brought though it is known.
      expect(after.filter((address) => !before.has(address) && !added.addresses.includes(address))).toEqual([]);
      expect(added.addresses.filter((address) => !after.includes(address))).toEqual([]);
    };
    fc.assert(fc.property(fc.integer(), check), { numRuns: CASES / 10 });
  });

  it('compares any number of states at once', { timeout: 0 }, () => {
    const check = (seed: number) => {
      const draw = drawFrom(seed);
      const start = new MapState(randomEntries(draw));
      const states = [start, ...[1, 2, 3].map(() => start.with(randomChanges(draw, start.entries)))];
      const nodes = new NodesInMemory();
      const roots = states.map(({ entries }) => nodes.change(EMPTY_STATE, entries));
      expectEqual(finish(compareTrees(roots, nodes.lookup)), MapState.differences(states));
    };
    fc.assert(fc.property(fc.integer(), check), { numRuns: CASES / 10 });
  });

  it('takes places whose hash is the same', () => {
    const crowd = Array.from({ length: 3 * MAX_LEAF_ENTRIES }, (_, index) => ({
      type: index + 1,
      stateKey: stateKeyOfHash(0x12345678, index + 1),
      event: index + 1,
    }));
    expect(new Set(crowd.map(placeHash)).size).toBe(1);
    const nodes = new NodesInMemory();
    const root = nodes.change(EMPTY_STATE, crowd);
    expect(finish(entriesOfTree(root, nodes.lookup))).toEqual(crowd);
    const few = crowd.slice(0, 3);
    const others = crowd.slice(3).map((entry) => ({ ...entry, event: undefined }));
    expect(nodes.change(root, others)).toBe(nodes.change(EMPTY_STATE, few));
  });
});

describe('a state tree of 100,000 members', () => {
  const nodes = new NodesInMemory();
  const everyone = members(LARGE);
  const root = nodes.change(EMPTY_STATE, everyone);
  const newEvents = (from: number, count: number) =>
    everyone.slice(from, from + count).map((entry) => ({ ...entry, event: entry.event + 10_000_000 }));

  it('changes by five nodes of less than 700 bytes together', () => {
    for (const changes of [newEvents(0, 1), newEvents(77_777, 1)]) {
      const { addresses, bytes } = nodes.added(root, changes);
      expect(addresses.length).toBeLessThanOrEqual(5);
      expect(bytes).toBeLessThan(700);
    }
  });

  it('is compared with one that is 100 changes apart by looking at a few hundred of its 7,000 nodes', () => {
    const other = nodes.change(root, newEvents(500, 100));
    nodes.looked.clear();
    expect(finish(compareTrees([root, other], nodes.lookup))).toHaveLength(100);
    expect(nodes.looked.size).toBeLessThan(450);
  });

  it('answers for single places by a node a level', () => {
    nodes.looked.clear();
    const [first, last] = [everyone.at(0), everyone.at(-1)].flatMap((entry) => entry ?? []);
    expect(entriesAtPlaces(root, everyone.slice(0, 1), nodes.lookup)).toEqual([first]);
    expect(entriesAtPlaces(root, everyone.slice(-1), nodes.lookup)).toEqual([last]);
    expect(nodes.looked.size).toBeLessThanOrEqual(11);
  });
});

function members(count: number): StateEntry[] {
  return Array.from({ length: count }, (_, index) => ({ type: 2, stateKey: 10 + index, event: 1_000 + 3 * index }));
}

/** A fifth of what toEqual takes when all is well. */
function expectEqual(actual: readonly object[], expected: readonly object[]): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

/** The state key with which a place of this type has this hash: the steps of placeHash, backwards. */
function stateKeyOfHash(hash: number, type: number): number {
  return unmix(unmix(hash) ^ Math.imul(type, 0x9e3779b1)) >>> 0;
}

function unmix(bits: number): number {
  let number = bits ^ (bits >>> 16);
  number = Math.imul(number, 0x7ed1b41d);
  number ^= (number >>> 13) ^ (number >>> 26);
  number = Math.imul(number, 0xa5cb9243);
  return number ^ (number >>> 16);
}
