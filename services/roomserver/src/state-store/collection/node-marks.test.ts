import { expect, it } from 'vitest';
import { nodeAddress } from '../node-address.ts';
import { NodeMarks } from './node-marks.ts';
import { SeenSubtrees } from './seen-subtrees.ts';

const NODES = 100_000;
const addresses = Array.from({ length: 2 * NODES }, (_, index) => nodeAddress(Buffer.from(`${index}`)));
const [marked, others] = [addresses.slice(0, NODES), addresses.slice(NODES)];

function marksWith(seed: number, maxBytes = 1 << 20): NodeMarks {
  const marks = new NodeMarks(NODES, { maxBytes, seed });
  for (const address of marked) marks.mark(address);
  return marks;
}

it('a marked node looks marked, and one of some hundred others too', () => {
  const marks = marksWith(1);
  expect(marked.every((address) => marks.isMarked(address))).toBe(true);
  expect(others.filter((address) => marks.isMarked(address)).length).toBeLessThan(NODES / 200);
  expect(marks.bytes).toBeLessThan(4 * NODES);
});

it('with another seed it is others that look marked', () => {
  const [one, two] = [marksWith(1), marksWith(2)];
  const inBoth = others.filter((address) => one.isMarked(address) && two.isMarked(address));
  expect(inBoth.length).toBeLessThan(NODES / 10_000);
});

it('with too little memory fewer are found, and still none is lost', () => {
  const marks = marksWith(3, 64 * 1024);
  expect(marks.bytes).toBe(64 * 1024);
  expect(marked.every((address) => marks.isMarked(address))).toBe(true);
  expect(others.some((address) => !marks.isMarked(address))).toBe(true);
});

it('subtrees that were seen are never taken for others', () => {
  const seen = new SeenSubtrees();
  const again = addresses.filter((address) => seen.see(address));
  expect(again).toEqual([]);
  const known = addresses.filter((address) => seen.see(address));
  expect(known.length).toBeGreaterThan(1.5 * NODES);
});
