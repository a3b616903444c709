import { expect, test } from 'vitest';
import { CommittedHeads } from './committed-heads.ts';

test('the head of a log is the newest position that was committed', () => {
  const heads = new CommittedHeads({ monotonic: () => 0 });
  expect(heads.of('ROOM_LOG')).toBeUndefined();
  heads.committed('ROOM_LOG', 7);
  heads.committed('ROOM_LOG', 5);
  expect(heads.of('ROOM_LOG')).toBe(7);
  expect(heads.of('USER_LOG')).toBeUndefined();
});

test('after a commit of unknown outcome nothing is known, and later only what was committed since', () => {
  let now = 0;
  const heads = new CommittedHeads({ monotonic: () => now });
  heads.committed('ROOM_LOG', 7);
  heads.committed('USER_LOG', 3);
  heads.doubt();
  heads.committed('ROOM_LOG', 9);
  expect(heads.of('ROOM_LOG')).toBeUndefined();
  now = 60_000;
  expect(heads.of('ROOM_LOG')).toBe(9);
  expect(heads.of('USER_LOG')).toBeUndefined();
});
