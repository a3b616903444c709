import { expect, test } from 'vitest';
import { roomOf } from './routing-key.ts';

test.each<[unknown, string | undefined]>([
  [{ roomId: '!a', senders: [] }, '!a'],
  [{ roomIds: ['!a'] }, '!a'],
  [{ roomIds: ['!a', '!b'] }, undefined],
  [{ roomIds: [] }, undefined],
  [{ roomId: undefined }, undefined],
  [{ eventIds: ['$a'] }, undefined],
  [undefined, undefined],
])('the room of %j is %j', (request, room) => {
  expect(roomOf('', request)).toBe(room);
});
