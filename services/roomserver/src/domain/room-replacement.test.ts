import { isRoomId, isUserId, rulesOf } from '@plexus/matrix';
import { expect, test } from 'vitest';
import { replacementState } from './room-replacement.ts';

test('state that is malformed stays in the room that is replaced, so that it can be replaced', () => {
  const [oldRoomId, upgrader] = ['!old:example.org', '@alice:example.org'];
  if (!isRoomId(oldRoomId) || !isUserId(upgrader)) throw new Error('names of the test');
  const state = [
    { type: 'm.room.topic', stateKey: '', content: { topic: 7 } },
    { type: 'm.room.name', stateKey: '', content: { name: 'kept' } },
    { type: 'm.space.child', stateKey: 'nowhere', content: { via: ['example.org'] } },
    { type: 'm.space.child', stateKey: '!a:example.org', content: { via: ['example.org'] } },
  ];
  const replacement = {
    rules: rulesOf('11'),
    oldRoomId,
    lastEvent: undefined,
    additionalCreators: [],
    upgrader,
    profile: {},
    powerLevels: {},
    state,
  };
  expect(replacementState(replacement).map(({ type, stateKey }) => `${type} ${stateKey}`)).toEqual([
    'm.room.member @alice:example.org',
    'm.room.power_levels ',
    'm.room.name ',
    'm.space.child !a:example.org',
  ]);
});
