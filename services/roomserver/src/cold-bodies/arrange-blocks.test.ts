import { expect, it } from 'vitest';
import { arrangeBlocks } from './arrange-blocks.ts';

it('bodies of a room come together, in the order of events, 32 to a block', () => {
  const bodies = Array.from({ length: 70 }, (_, i) => ({ event: i, room: i % 2, foldedJson: '' }));
  const blocks = arrangeBlocks(bodies);
  expect(blocks.map((block) => block.length)).toEqual([32, 32, 6]);
  expect(blocks.flat().map(({ room }) => room)).toEqual([...Array(35).fill(0), ...Array(35).fill(1)]);
  expect(blocks[0]?.slice(0, 3).map(({ event }) => event)).toEqual([0, 2, 4]);
  expect(arrangeBlocks([])).toEqual([]);
});
