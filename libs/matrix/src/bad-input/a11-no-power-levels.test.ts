import { describe, expect, it } from 'vitest';
import { alice, bob, carol, dave, earlierThan, judged, member, versions } from '../../test/auth-fixtures.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import type { RoomVersion } from '../room-versions/rules.ts';

const none = { 'm.room.power_levels|': null };
const state = (type: string) => ({ type, stateKey: '' });
const creatorIsAbsent = { [`m.room.member|${alice}`]: { membership: 'leave' } };

describe.each(versions)('A11 a room of version %s without power levels', (version) => {
  const judge = (sender: string, event: Parameters<typeof judged>[2], more: Record<string, JsonObject | null> = {}) =>
    judged(version, sender, event, { ...none, ...more });

  it('obeys its creator, and lets others talk', () => {
    expect(judge(alice, state('m.room.name'))).toBe('allowed');
    expect(judge(alice, { ...state('m.room.power_levels'), content: { users: {} } })).toBe('allowed');
    expect(judge(alice, member(carol, 'ban'))).toBe('allowed');
    expect(judge(alice, member(bob, 'leave'))).toBe('allowed');
    expect(judge(carol, {})).toBe('allowed');
    expect(judge(carol, member(dave, 'invite'))).toBe('allowed');
  });

  it('lets nobody else do more', () => {
    for (const type of ['m.room.name', 'm.room.power_levels', 'm.room.join_rules', 'm.room.tombstone'])
      expect(judge(bob, state(type))).toBe('insufficient_power');
    for (const target of [alice, carol, dave]) {
      expect(judge(bob, member(target, 'ban'))).toBe('insufficient_power');
      expect(judge(bob, member(target, 'leave'))).toBe('insufficient_power');
    }
  });

  it('is not taken over when its creator has left', () => {
    expect(judge(alice, state('m.room.name'), creatorIsAbsent)).toBe('sender_not_joined');
    expect(judge(bob, state('m.room.power_levels'), creatorIsAbsent)).toBe('insufficient_power');
    expect(judge(bob, member(alice, 'ban'), creatorIsAbsent)).toBe('insufficient_power');
  });
});

describe('A11 the creator', () => {
  const levels = (users: JsonObject, more: JsonObject = {}) => ({ 'm.room.power_levels|': { users, ...more } });

  it.each(earlierThan('12'))('who is not listed has in room version %s what everybody has', (version) => {
    expect(judged(version, alice, state('m.room.name'), levels({ [bob]: 50 }))).toBe('insufficient_power');
    expect(judged(version, bob, member(alice, 'ban'), levels({ [bob]: 50 }))).toBe('allowed');
    const byDefault = levels({ [bob]: 50 }, { users_default: 50 });
    expect(judged(version, alice, state('m.room.name'), byDefault)).toBe('allowed');
  });

  it.each(['1', '5', '10'] satisfies RoomVersion[])('of a room of version %s that names none is nobody', (version) => {
    const create = { 'm.room.create|': {}, ...none };
    expect(judged(version, alice, state('m.room.name'), create)).toBe('insufficient_power');
    const odd = { 'm.room.create|': { creator: [alice] }, ...none };
    expect(judged(version, alice, state('m.room.name'), odd)).toBe('insufficient_power');
  });

  it('is since room version 11 who sent the create event, whatever it says', () => {
    for (const version of ['11', '12'] as const) {
      const create = { 'm.room.create|': { creator: bob }, ...none };
      expect(judged(version, alice, state('m.room.name'), create)).toBe('allowed');
      expect(judged(version, bob, state('m.room.name'), create)).toBe('insufficient_power');
    }
  });

  it('is above every level in room version 12, and so are those beside', () => {
    const high = {
      'm.room.create|': { additional_creators: [carol] },
      ...levels(
        { [bob]: Number.MAX_SAFE_INTEGER },
        { state_default: Number.MAX_SAFE_INTEGER, ban: Number.MAX_SAFE_INTEGER, kick: Number.MAX_SAFE_INTEGER },
      ),
    };
    for (const creator of [alice, carol]) {
      expect(judged('12', creator, state('m.room.name'), high)).toBe('allowed');
      expect(judged('12', creator, member(bob, 'ban'), high)).toBe('allowed');
      expect(judged('12', bob, member(creator, 'leave'), high)).toBe('target_has_as_much_power');
    }
    expect(judged('12', alice, member(carol, 'ban'), high)).toBe('target_has_as_much_power');
    expect(judged('12', carol, member(alice, 'leave'), high)).toBe('target_has_as_much_power');
    expect(judged('12', alice, member(alice, 'leave'), high)).toBe('allowed');
  });
});
