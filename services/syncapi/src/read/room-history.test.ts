import type { HistoryVisibility } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import type { Membership } from '../domain/membership.ts';
import { isVisible, now, type RoomHistory, readableFrom, readableUpTo } from './room-history.ts';

function history(
  memberships: readonly (readonly [number, Membership])[],
  visibilities: readonly (readonly [number, HistoryVisibility])[],
): RoomHistory {
  return {
    memberships: memberships.map(([position, membership]) => ({ position, membership })),
    visibilities: visibilities.map(([position, visibility]) => ({ position, visibility })),
  };
}

const seen = (room: RoomHistory) =>
  Array.from({ length: 10 }, (_, index) => index + 1).filter((at) => isVisible(room, at));

describe('a user invited at 3, who joined at 5 and left at 8', () => {
  const member = [
    [3, 'invite'],
    [5, 'join'],
    [8, 'leave'],
  ] as const;

  it('sees everything up to the leaving in a shared room', () => {
    expect(seen(history(member, [[1, 'shared']]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('sees what came from the invite on where visibility is invited', () => {
    expect(seen(history(member, [[1, 'invited']]))).toEqual([1, 3, 4, 5, 6, 7, 8]);
  });

  it('sees what came from the join on where visibility is joined', () => {
    expect(seen(history(member, [[2, 'joined']])).filter((at) => at > 2)).toEqual([5, 6, 7, 8]);
  });

  it('sees everything where the world does', () => {
    expect(seen(history(member, [[1, 'world_readable']]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('may page back from the leaving', () => {
    expect(readableUpTo(history(member, [[1, 'shared']]))).toBe(8);
  });
});

it('applies the visibility that was in force when the event came', () => {
  const room = history(
    [[6, 'join']],
    [
      [1, 'shared'],
      [3, 'joined'],
      [5, 'shared'],
    ],
  );
  expect(seen(room)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
});

it('shows a stranger nothing, but what the world may read', () => {
  expect(seen(history([], [[1, 'shared']]))).toEqual([]);
  expect(readableUpTo(history([], [[1, 'shared']]))).toBeUndefined();
  expect(readableUpTo(history([[2, 'invite']], [[1, 'shared']]))).toBeUndefined();
  expect(readableUpTo(history([[2, 'ban']], [[1, 'shared']]))).toBeUndefined();
  expect(readableUpTo(history([], [[1, 'world_readable']]))).toBe(now);
});

it('keeps the events between two stays from one who came back, where visibility is joined', () => {
  const room = history(
    [
      [2, 'join'],
      [4, 'ban'],
      [6, 'leave'],
      [8, 'join'],
    ],
    [[1, 'joined']],
  );
  expect(seen(room).filter((at) => at > 1)).toEqual([2, 3, 4, 8, 9, 10]);
});

describe('the window that a user may read', () => {
  const random = (seed: number) => () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const membershipNames = ['join', 'invite', 'knock', 'leave', 'ban'] as const;
  const visibilityNames = ['world_readable', 'shared', 'invited', 'joined'] as const;

  it('begins and ends with events that they may see, whatever their history', () => {
    const next = random(7);
    const pick = <Name>(names: readonly Name[]) => {
      const picked = names[Math.floor(next() * names.length)];
      return picked === undefined ? [] : ([picked] as const);
    };
    for (let round = 0; round < 2_000; round++) {
      const at = () => [2, 3, 4, 5, 6, 7, 8, 9].filter(() => next() < 0.3);
      const room = history(
        at().flatMap((position) => pick(membershipNames).map((name) => [position, name] as const)),
        [1, ...at()].flatMap((position) => pick(visibilityNames).map((name) => [position, name] as const)),
      );
      const visible = seen(room);
      const end = isVisible(room, now) ? now : visible.at(-1);
      expect(readableUpTo(room), JSON.stringify(room)).toBe(end);
      for (const from of [1, 4, 8]) {
        const first = Array.from({ length: 11 - from }, (_, index) => from + index).find((at) => isVisible(room, at));
        expect(readableFrom(room, from), JSON.stringify(room)).toBe(first);
      }
    }
  });

  it('is found in one pass, however often the user knocked', () => {
    const knocks = Array.from({ length: 20_000 }, (_, index) => [index + 2, index % 2 ? 'leave' : 'knock'] as const);
    expect(readableUpTo(history(knocks, [[1, 'shared']]))).toBeUndefined();
  });
});
