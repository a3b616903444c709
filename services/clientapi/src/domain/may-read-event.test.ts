import type { StoredEvent } from '@plexus/contracts/roomserver';
import { isUserId, type JsonObject, type UserId } from '@plexus/matrix';
import { expect, test } from 'vitest';
import { mayReadEvent } from './may-read-event.ts';

function user(id: string): UserId {
  if (!isUserId(id)) throw new TypeError(id);
  return id;
}

const alice = user('@alice:example.org');

function stored(
  type: string,
  stateKey: string | undefined,
  content: JsonObject,
  over: Partial<StoredEvent> = {},
): StoredEvent {
  return {
    eventId: '$e',
    roomId: '!r:s',
    roomVersion: '11',
    type,
    stateKey,
    sender: '@bob:example.org',
    originServerTs: 1,
    json: JSON.stringify({ type, content }),
    position: 10,
    ...over,
  };
}

const message = stored('m.room.message', undefined, { body: 'x' });
const visibility = (value: string) => stored('m.room.history_visibility', '', { history_visibility: value });
const member = (membership: string, over: Partial<StoredEvent> = {}) =>
  stored('m.room.member', alice, { membership }, over);

function mayRead(before: StoredEvent[], now: StoredEvent[]): boolean {
  return mayReadEvent({ event: message, userId: alice, before, now });
}

test.each([
  ['world_readable', [], [], true],
  ['shared', [], [], false],
  ['shared', [], [member('join')], true],
  ['shared', [member('join')], [member('leave')], true],
  ['invited', [member('invite')], [member('join')], true],
  ['invited', [], [member('join')], false],
  ['joined', [member('invite')], [member('join')], false],
  ['joined', [member('join')], [member('leave')], true],
] as const)('%s, before %j, now %j: %s', (value, before, now, expected) => {
  expect(mayRead([visibility(value), ...before], [...now])).toBe(expected);
});

test('who left after the event had seen it while joined, who left before had not', () => {
  const left = (position: number) => member('leave', { position, prevContent: JSON.stringify({ membership: 'join' }) });
  expect(mayRead([visibility('shared')], [left(11)])).toBe(true);
  expect(mayRead([visibility('shared')], [left(9)])).toBe(false);
});

test('an invite that was declined shows nothing', () => {
  const declined = member('leave', { position: 11, prevContent: JSON.stringify({ membership: 'invite' }) });
  expect(mayRead([visibility('shared')], [declined])).toBe(false);
});

test('an event by which servers join branches is nothing for clients', () => {
  const event = stored('org.matrix.dummy_event', undefined, {});
  const state = [visibility('world_readable'), member('join')];
  expect(mayReadEvent({ event, userId: alice, before: state, now: state })).toBe(false);
});
