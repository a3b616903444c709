import { expect, test } from 'vitest';
import { presenceReply } from './presence.ts';

const minutes = (count: number) => count * 60_000;
const stored = { presence: 'online', statusMessage: 'At tea', saidAt: 1_000 } as const;

test('somebody who never said anything is offline', () => {
  expect(presenceReply(undefined, 5_000)).toEqual({ presence: 'offline' });
});

test('what somebody said holds for half an hour, their message for longer', () => {
  const active = { presence: 'online', currently_active: true, status_msg: 'At tea' };
  expect(presenceReply(stored, 5_000)).toEqual({ ...active, last_active_ago: 4_000 });
  const later = presenceReply(stored, 1_000 + minutes(31));
  expect(later).toEqual({ presence: 'offline', last_active_ago: minutes(31), status_msg: 'At tea' });
});

test('a clock that was put back shows no negative age', () => {
  expect(presenceReply(stored, 0)).toMatchObject({ last_active_ago: 0 });
});
