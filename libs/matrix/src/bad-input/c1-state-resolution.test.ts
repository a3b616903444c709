import { describe, expect, it } from 'vitest';
import { CraftedRoom } from '../../test/crafted-room.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { resolveState, resolveStateInSteps } from '../state-resolution/resolve.ts';

const alice = '@alice:one';
const versions: RoomVersion[] = ['1', '2', '11', '12'];

/** A chain of changes of power levels, every tenth of which is the state of some extremity. */
function chainOfPowerLevels(version: RoomVersion, length: number): CraftedRoom {
  const room = new CraftedRoom(version);
  const join = room.agree(room.member(alice, 'join', []));
  let last: EventId[] = [];
  for (let i = 0; i < length; i++) {
    const levels = room.levels({ users: version === '12' ? {} : { [alice]: 100 }, ban: i % 100 }, [join, ...last]);
    if (i % 10 === 0) room.dispute(levels);
    else room.chain(levels);
    last = [levels];
  }
  return room;
}

/** As many bans as there are power levels, each by the levels before it, which all extremities see differently. */
function chainOfBans(version: RoomVersion, length: number): CraftedRoom {
  const room = chainOfPowerLevels(version, length / 2);
  const [join, ...rest] = [...room.events.keys()].slice(1);
  rest.forEach((levels, i) => {
    if (join !== undefined)
      room.dispute(room.member(`@user${i % Math.ceil(length / 20)}:two`, 'ban', [join, levels], alice));
  });
  return room;
}

function members(version: RoomVersion, count: number): CraftedRoom {
  const room = new CraftedRoom(version);
  const join = room.agree(room.member(alice, 'join', []));
  const levels = room.agree(room.levels({ users: version === '12' ? {} : { [alice]: 100 } }, [join]));
  const rule = { sender: alice, type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'public' } };
  const rules = room.agree(room.event({ ...rule, cites: [join, levels] }));
  for (let i = 0; i < count; i++) {
    const joined = room.dispute(room.member(`@u${i}:two`, 'join', [levels, rules]));
    room.dispute(room.member(`@u${i}:two`, 'leave', [levels, joined]));
  }
  return room;
}

/** How often events were asked for, altogether and from one step to the next: what the work is made of. */
function lookUps(room: CraftedRoom): { total: number; longestStep: number; steps: number } {
  let [total, inStep, longestStep, steps] = [0, 0, 0, 0];
  const run = resolveStateInSteps(room.input(() => inStep++));
  for (let done = false; !done; steps++) {
    done = run.next().done === true;
    total += inStep;
    longestStep = Math.max(longestStep, inStep);
    inStep = 0;
  }
  return { total, longestStep, steps };
}

describe('C1 conflicts that were crafted to cost much', { timeout: 60_000 }, () => {
  const crafted = [
    ['power levels in a chain', chainOfPowerLevels],
    ['bans on a chain of power levels', chainOfBans],
    ['members', members],
  ] as const;

  it.each(versions.flatMap((version) => crafted.map(([name, craft]) => ({ version, name, craft }))))(
    'cost twice as much when there are twice as many: $name in room version $version',
    ({ version, craft }) => {
      const [once, twice] = [lookUps(craft(version, 2000)), lookUps(craft(version, 4000))];
      expect(twice.total / once.total).toBeLessThan(2.05);
      expect(twice.longestStep).toBeLessThan(3000);
      expect(twice.steps).toBeGreaterThan(twice.total / 3000);
    },
  );

  it.each(versions)('10,000 power events of 1,000 extremities resolve in room version %s', (version) => {
    const resolved = resolveState(chainOfPowerLevels(version, 10_000).input());
    const last = version === '1' ? '$00009992' : '$00010001';
    expect(resolved).toEqual([{ type: 'm.room.power_levels', stateKey: '', eventId: last }]);
  });

  it.each<RoomVersion>(['1', '12'])(
    '100,000 members of whom two things are said resolve in room version %s',
    (version) => {
      expect(resolveState(members(version, 100_000).input()).length).toBe(100_000);
    },
  );

  it('a create event that lists thousands of creators is not gone through for every event', () => {
    const creators = Array.from({ length: 4000 }, (_, i) => `@creator${i}:two`);
    const room = new CraftedRoom('12', { additional_creators: creators });
    const join = room.agree(room.member(alice, 'join', []));
    for (let i = 0; i < 2000; i++) room.dispute(room.levels({ users: { [`@u${i}:two`]: 1 } }, [join]));
    expect(resolveState(room.input())).toHaveLength(1);
  });
});
