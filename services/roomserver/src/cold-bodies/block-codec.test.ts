import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBlock, encodeBlock } from './block-codec.ts';

const body = fc.record({
  event: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  foldedJson: fc.string({ unit: fc.constantFrom('{', '\u0001', '\n', 'é', '😀', 'a') }),
});

it('a block gives back what was put in, in any order of events', () => {
  fc.assert(
    fc.property(fc.uniqueArray(body, { selector: ({ event }) => event }), (bodies) => {
      const read = [...decodeBlock(encodeBlock(bodies))].map(([event, foldedJson]) => ({ event, foldedJson }));
      expect(read).toEqual(bodies);
    }),
  );
});
