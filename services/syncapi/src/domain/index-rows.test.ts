import type { RoomEvent } from '@plexus/contracts/streams/room-log';
import { describe, expect, it } from 'vitest';
import { indexRowsOf } from './index-rows.ts';
import { visibilities } from './visibility.ts';

/** The join of a local user into a room of other servers, with what the room's state was. */
function join(stateChanges: RoomEvent['stateChanges'], historical = false): RoomEvent {
  return {
    roomId: '!room:one.example',
    eventId: '$join',
    roomVersion: '11',
    type: 'm.room.member',
    stateKey: '@bob:example.org',
    sender: '@bob:example.org',
    originServerTs: 1,
    json: '{"content":{"membership":"join"}}',
    stateChanges,
    strippedState: [],
    historical,
  };
}

function rowsOf(event: RoomEvent) {
  return indexRowsOf([{ position: 7, traceparent: '', kind: { $case: 'event', value: event } }], 'example.org');
}

describe('an entry that changes more of the state than its own place', () => {
  const place = { type: 'm.room.history_visibility', stateKey: '' };

  it('brings the memberships of all whom it names', () => {
    const rows = rowsOf(
      join([
        { type: 'm.room.member', stateKey: '@bob:example.org', eventId: '$join', membership: 'join' },
        { type: 'm.room.member', stateKey: '@carl:one.example', eventId: '$carl', membership: 'join' },
        { type: 'm.room.member', stateKey: '@dora:one.example', eventId: undefined },
      ]),
    );
    expect([...rows.members.values()].map(({ userId, isLocal }) => [userId, isLocal])).toEqual([
      ['@bob:example.org', true],
      ['@carl:one.example', false],
      ['@dora:one.example', false],
    ]);
    expect(rows.stateChanges.map(({ eventId }) => eventId)).toEqual([null, '$carl']);
    expect(rows.timeline).toHaveLength(1);
  });

  it('brings the visibility that the change says, and the strictest where it says none', () => {
    const visibilityOf = (historyVisibility: string | undefined) =>
      rowsOf(join([{ ...place, eventId: '$v', historyVisibility }])).visibilities[0]?.visibility;
    expect(visibilityOf('world_readable')).toBe(visibilities.world_readable);
    expect(visibilityOf('nonsense')).toBe(visibilities.shared);
    expect(visibilityOf(undefined)).toBe(visibilities.joined);
    expect(rowsOf(join([{ ...place, eventId: undefined }])).visibilities[0]?.visibility).toBe(visibilities.shared);
  });
});

describe('an entry of history', () => {
  it('comes into no timeline and changes nobody', () => {
    const rows = rowsOf(join([], true));
    expect(rows.timeline).toEqual([]);
    expect(rows.members.size).toBe(0);
  });
});
