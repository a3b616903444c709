import { expect, test } from 'vitest';
import { ReplicaOrder } from './replica-order.ts';

test('a replica that leaves is asked last, until it works again or some time has passed', () => {
  let now = 1_000;
  const order = new ReplicaOrder(() => now);
  const all = ['a', 'b', 'c'];
  expect(order.of(all)).toEqual(['a', 'b', 'c']);
  order.left('a');
  expect(order.of(all)).toEqual(['b', 'c', 'a']);
  order.works('a');
  expect(order.of(all)).toEqual(['a', 'b', 'c']);
  order.left('b');
  now += 5_000;
  expect(order.of(all)).toEqual(['a', 'b', 'c']);
});

test('of replicas that all left the one that left first is asked first', () => {
  let now = 0;
  const order = new ReplicaOrder(() => now++);
  for (const address of ['b', 'a', 'c', 'b']) order.left(address);
  expect(order.of(['a', 'b', 'c'])).toEqual(['a', 'c', 'b']);
});
