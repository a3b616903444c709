import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock, mergeEntries } from './block-codec.ts';
import { blocksToMerge } from './compaction.ts';
import type { StateEntry } from './state-store.ts';

const entry = fc.record({
  type: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  stateKey: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  event: fc.integer({ min: 1, max: 2 ** 50 }),
});
const nearEntry = fc.record({
  type: fc.integer({ min: 1, max: 5 }),
  stateKey: fc.integer({ min: 1, max: 5 }),
  event: fc.integer({ min: 1, max: 2_000 }),
});
const entries = fc.oneof(fc.array(entry), fc.array(nearEntry));

describe('blocks', () => {
  it('hold what was put into them', () => {
    fc.assert(
      fc.property(entries, (given) => {
        const sorted = mergeEntries([given]);
        expect(decodeBlock(encodeBlock(sorted))).toEqual(sorted);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are the same bytes for the same entries in any order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(nearEntry, { selector: ({ type, stateKey }) => `${type} ${stateKey}` }), (given) => {
        expect(encodeBlock(mergeEntries([given.toReversed()]))).toEqual(encodeBlock(mergeEntries([given])));
      }),
    );
  });

  it('take five bytes for an entry of a small room', () => {
    const small = Array.from({ length: 12 }, (_, index) => ({
      type: index + 1,
      stateKey: 1,
      event: 10_000_000 + index,
    }));
    expect(encodeBlock(small).length).toBeLessThanOrEqual(5 * 12);
  });

  it('say so when they are cut off', () => {
    expect(() => decodeBlock(Buffer.from([1]))).toThrow(RangeError);
  });
});

describe('merging blocks', () => {
  it('gives each place to the last that sets it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(nearEntry), { minLength: 1 }), (blocks) => {
        const expected = new Map<string, StateEntry>();
        for (const each of blocks.flat()) expected.set(`${each.type} ${each.stateKey}`, each);
        const merged = mergeEntries(blocks);
        expect(new Map(merged.map((each) => [`${each.type} ${each.stateKey}`, each]))).toEqual(expected);
        expect(merged).toHaveLength(expected.size);
      }),
    );
  });
});

describe('compaction', () => {
  it('bounds the list by the logarithm of what is in it, and writes little', () => {
    let sizes: number[] = [];
    let written = 0;
    let longest = 0;
    for (let change = 0; change < 10_000; change++) {
      const merged = blocksToMerge(sizes, 10);
      const size = sizes.slice(sizes.length - merged).reduce((sum, each) => sum + each, 10);
      sizes = [...sizes.slice(0, sizes.length - merged), size];
      written += size;
      longest = Math.max(longest, sizes.length);
    }
    expect(longest).toBeLessThanOrEqual(14);
    expect(written / 10_000).toBeLessThan(150);
  });
});
