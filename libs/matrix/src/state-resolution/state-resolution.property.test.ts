import { describe, expect, it } from 'vitest';
import { grownRoom, someStates } from '../../test/grown-room.ts';
import { caseTimeout, forCases, type Random, testCases } from '../../test/random.ts';
import { resolveByTheBook, resolveFirstByTheBook } from '../../test/reference-resolver.ts';
import { stateText, type TestRoom } from '../../test/test-room.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { resolveWholeStates, separateStates } from './resolve.ts';
import type { StateEntry } from './state.ts';

/** So many sets of states are taken of each room: growing it costs as much as resolving some. */
const SETS_OF_A_ROOM = 20;

function forStates(
  versions: readonly [RoomVersion, ...RoomVersion[]],
  property: (room: TestRoom, states: StateEntry[][], random: Random) => void,
  share = 1,
): void {
  forCases((random) => {
    const room = grownRoom(random.oneOf(versions), random, 6 + random.below(14));
    for (let i = 0; i < SETS_OF_A_ROOM; i++) property(room, someStates(room, random), random);
  }, share / SETS_OF_A_ROOM);
}

const resolved = (room: TestRoom, states: StateEntry[][], changes = {}): string =>
  stateText(
    resolveWholeStates({
      rules: { ...room.rules, ...changes },
      roomId: room.roomId,
      states,
      event: (id) => room.events.get(id),
    }),
  ).join('\n');

function byTheBook(room: TestRoom, states: StateEntry[][]): string {
  const input = { rules: room.rules, roomId: room.roomId, states, event: room.events.get.bind(room.events) };
  const isFirst = room.rules.stateResolution === 'v1';
  return stateText(isFirst ? resolveFirstByTheBook(input) : resolveByTheBook(input)).join('\n');
}

/** Not expect(), which takes as long as the resolution. */
function assertSame(actual: string, expected: string): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

describe('state resolution', () => {
  it.each<[string, RoomVersion, RoomVersion]>([
    ['v1', '1', '1'],
    ['v2', '2', '11'],
    ['v2.1', '12', '12'],
  ])(
    '%s gives what the words of the specification give, in whatever order',
    { timeout: caseTimeout },
    (_, ...versions) => {
      let [conflicts, differing] = [0, 0];
      forStates(versions, (room, states, random) => {
        const expected = byTheBook(room, states);
        const shuffled = random.shuffled(states.map((state) => random.shuffled(state)));
        assertSame(resolved(room, shuffled), expected);
        if (separateStates(states).conflicts.length > 0) conflicts++;
        if (stateText(states[0] ?? []).join('\n') !== expected) differing++;
      });
      if (testCases < 1000) return;
      expect(conflicts).toBeGreaterThan(0);
      expect(differing).toBeGreaterThan(0);
    },
  );

  it('v2 and v2.1 agree on states that do', { timeout: caseTimeout }, () => {
    forStates(
      ['2', '6', '11', '12'],
      (room, [state = []], random) => {
        const same = Array.from({ length: 1 + random.below(3) }, () => random.shuffled(state));
        const expected = stateText(state).join('\n');
        for (const stateResolution of ['v2', 'v2.1']) assertSame(resolved(room, same, { stateResolution }), expected);
      },
      1 / 4,
    );
  });

  it('keeps what all states agree on, and has one event for a place at most', { timeout: caseTimeout }, () => {
    forStates(
      ['1', '2', '11', '12'],
      (room, states) => {
        const entries = room.resolve(states);
        const ids = new Set(entries.map(({ eventId }) => eventId));
        for (const { eventId } of separateStates(states).unconflicted.values())
          if (!ids.has(eventId)) throw new Error(`${eventId} is gone`);
        if (new Set(entries.map(({ type, stateKey }) => `${type}|${stateKey}`)).size !== entries.length)
          throw new Error('two events for a place');
      },
      1 / 4,
    );
  });
});
