import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveByTheBook } from '../../test/reference-resolver.ts';
import { stateText, TestRoom } from '../../test/test-room.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { separateStates } from './resolve.ts';
import type { StateEntry } from './state.ts';

const users = ['@alice:one', '@bob:two', '@carol:three', '@dave:four'];

type Step = {
  readonly user: number;
  readonly other: number;
  readonly action: number;
  readonly level: number;
  readonly at: number;
  readonly merge: boolean;
  readonly ts: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  user: fc.nat(3),
  other: fc.nat(3),
  action: fc.nat(8),
  level: fc.nat(3),
  at: fc.nat(5),
  merge: fc.boolean(),
  ts: fc.nat(3),
});

const versions = fc.constantFrom<RoomVersion>('1', '2', '6', '11', '12');

/** A room that grew by the steps, each on top of one or two of the newest ends. */
function grow(version: RoomVersion, steps: readonly Step[]): { room: TestRoom; ends: EventId[] } {
  const [alice = ''] = users;
  const room = new TestRoom(version, alice);
  const join = room.send({
    sender: alice,
    type: 'm.room.member',
    stateKey: alice,
    content: { membership: 'join' },
    after: [room.create],
  });
  const levels = room.send({
    sender: alice,
    type: 'm.room.power_levels',
    stateKey: '',
    content: powerLevels(version, 2),
    after: [join],
  });
  let ends = [
    room.send({
      sender: alice,
      type: 'm.room.join_rules',
      stateKey: '',
      content: { join_rule: 'public' },
      after: [levels],
    }),
  ];
  for (const each of steps) {
    const first = ends[each.at % ends.length] ?? room.create;
    const second = ends[(each.at + 1) % ends.length] ?? first;
    const after = each.merge && second !== first ? [first, second] : [first];
    const sent = room.send({ ...eventOf(version, each), after, ts: each.ts });
    if (room.events.get(sent)?.rejected) continue;
    ends = [...(each.merge ? ends.filter((end) => !after.includes(end)) : ends), sent].slice(-4);
  }
  return { room, ends };
}

function eventOf(version: RoomVersion, { user, other, action, level }: Step) {
  const sender = users[user] ?? '';
  const target = users[other] ?? '';
  const member = (stateKey: string, membership: string) => ({
    sender,
    type: 'm.room.member',
    stateKey,
    content: { membership },
  });
  switch (action) {
    case 0:
      return { sender, type: 'm.room.power_levels', stateKey: '', content: powerLevels(version, level) };
    case 1:
      return {
        sender,
        type: 'm.room.join_rules',
        stateKey: '',
        content: { join_rule: level > 1 ? 'public' : 'invite' },
      };
    case 2:
      return member(target, 'ban');
    case 3:
      return member(target, 'leave');
    case 4:
      return member(target, 'invite');
    case 5:
      return { sender, type: 'm.room.topic', stateKey: '', content: { topic: String(level) } };
    default:
      return member(sender, 'join');
  }
}

function powerLevels(version: RoomVersion, level: number): JsonObject {
  const [alice = '', bob = '', carol = ''] = users;
  const others = { [bob]: level > 0 ? 50 : 0, [carol]: level > 2 ? 50 : 0 };
  return {
    users: version === '12' ? others : { [alice]: 100, ...others },
    events: { 'm.room.power_levels': level > 1 ? 50 : 100 },
  };
}

describe('state resolution', () => {
  it('does not depend on the order of states, of entries, or of what they conflict in', () => {
    fc.assert(
      fc.property(
        versions,
        fc.array(step, { maxLength: 40, size: 'max' }),
        fc.infiniteStream(fc.nat()),
        (version, steps, numbers) => {
          const { room, ends } = grow(version, steps);
          const states = ends.map((end) => room.stateAfter(end));
          const shuffled = shuffle(
            states.map((state) => shuffle(state, numbers)),
            numbers,
          );
          expect(stateText(room.resolve(shuffled))).toEqual(stateText(room.resolve(states)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("of v2 and v2.1 gives what the specification's words give", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<RoomVersion>('2', '6', '11', '12'),
        fc.array(step, { maxLength: 30, size: 'max' }),
        (version, steps) => {
          const { room, ends } = grow(version, steps);
          const states = ends.map((end) => room.stateAfter(end));
          const book = resolveByTheBook({
            rules: room.rules,
            roomId: room.roomId,
            states,
            event: (id) => room.events.get(id),
          });
          expect(stateText(room.resolve(states))).toEqual(stateText(book));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of one state, or of equal ones, is that state', () => {
    fc.assert(
      fc.property(versions, fc.array(step, { maxLength: 20, size: 'max' }), (version, steps) => {
        const { room, ends } = grow(version, steps);
        const state = room.stateAfter(ends[0] ?? room.create);
        expect(stateText(room.resolve([state]))).toEqual(stateText(state));
        expect(stateText(room.resolve([state, state, state]))).toEqual(stateText(state));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps what all agree on, and one event for a key at most', () => {
    fc.assert(
      fc.property(versions, fc.array(step, { maxLength: 40, size: 'max' }), (version, steps) => {
        const { room, ends } = grow(version, steps);
        const states = ends.map((end) => room.stateAfter(end));
        const resolved = room.resolve(states);
        const { unconflicted } = separateStates(states);
        for (const entry of unconflicted.values()) expect(resolved).toContainEqual(entry);
        expect(new Set(resolved.map(({ type, stateKey }) => `${type}|${stateKey}`)).size).toBe(resolved.length);
      }),
      { numRuns: 100 },
    );
  });

  it('grows rooms that do have conflicts', () => {
    const conflicts = fc
      .sample(fc.array(step, { minLength: 20, maxLength: 40 }), { numRuns: 50, seed: 1 })
      .map((steps) => {
        const { room, ends } = grow('11', steps);
        return separateStates(ends.map((end) => room.stateAfter(end))).conflicts.length;
      });
    expect(conflicts.filter((count) => count > 0).length).toBeGreaterThan(25);
  });
});

function shuffle<T>(items: readonly T[], numbers: Iterator<number>): T[] {
  const left = [...items];
  const result: T[] = [];
  while (left.length > 0) result.push(...left.splice(Number(numbers.next().value) % left.length, 1));
  return result;
}

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
