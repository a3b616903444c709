import { describe, expect, it } from 'vitest';
import { TestRoom } from '../../test/test-room.ts';
import { separateStates } from './resolve.ts';
import type { StateEntry } from './state.ts';

describe('whole states', () => {
  const entry = (type: string, stateKey: string, id: string): StateEntry => {
    const room = new TestRoom('11', '@alice:one');
    return {
      type,
      stateKey,
      eventId: room.send({ sender: '@alice:one', type, stateKey, after: [room.create], name: id }),
    };
  };

  it('conflict in keys that differ or are missing in one', () => {
    const [a, b, c] = [entry('a', '', 'a1'), entry('b', '', 'b1'), entry('b', '', 'b2')];
    const { unconflicted, conflicts } = separateStates([[a, b], [a, c], [a]]);
    expect([...unconflicted.values()]).toEqual([a]);
    expect(conflicts).toEqual([{ type: 'b', stateKey: '', eventIds: [b.eventId, c.eventId] }]);
    expect(separateStates([[a, b], [a]]).conflicts).toEqual([{ type: 'b', stateKey: '', eventIds: [b.eventId] }]);
  });
});
