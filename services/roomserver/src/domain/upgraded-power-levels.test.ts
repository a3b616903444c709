import { parseUserId, roomVersion, type UserId } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { restrictedPowerLevels, upgradedPowerLevels } from './upgraded-power-levels.ts';

const [alice, bob] = ['@alice:example.org', '@bob:example.org'].flatMap((id): UserId[] => {
  const user = parseUserId(id);
  return user === undefined ? [] : [user];
});
const [v11, v12] = [roomVersion('11'), roomVersion('12')];
if (alice === undefined || bob === undefined || v11 === undefined || v12 === undefined) throw new Error('test names');

describe('the power levels of a replacement', () => {
  it('leave creators of version 12 out, and put the tombstone beyond administrators', () => {
    const content = { users: { [alice]: 100, [bob]: 50 }, events: { 'm.room.tombstone': 100, 'm.room.name': 50 } };
    const rest = { rules: v12, upgrader: alice, creators: [alice], privilegedBefore: [] };
    expect(upgradedPowerLevels({ content, ...rest }).settled).toEqual({
      users: { [bob]: 50 },
      events: { 'm.room.tombstone': 150, 'm.room.name': 50 },
    });
  });

  it('become integers', () => {
    const content = { ban: ' 60 ', kick: '1.5', invite: 7.9, users: { [alice]: '100', [bob]: 'many' } };
    const rest = { rules: v11, upgrader: alice, creators: [alice], privilegedBefore: [] };
    expect(upgradedPowerLevels({ content, ...rest }).settled).toEqual({ ban: 60, invite: 7, users: { [alice]: 100 } });
  });

  it('raise an upgrader who could not send all of it, for the time of the upgrade', () => {
    const content = { users: { [alice]: 50, [bob]: 200 }, events: { 'm.room.tombstone': 50 } };
    const rest = { rules: v11, upgrader: alice, creators: [alice], privilegedBefore: [] };
    const { settled, interim } = upgradedPowerLevels({ content, ...rest });
    expect(settled).toMatchObject({ users: { [alice]: 50, [bob]: 200 } });
    expect(interim).toMatchObject({ users: { [alice]: 200, [bob]: 200 } });
  });

  it('give those who were above all levels the highest where there is no such thing', () => {
    const rest = { rules: v11, upgrader: alice, creators: [alice], privilegedBefore: [alice, bob] };
    expect(upgradedPowerLevels({ content: { users: {} }, ...rest }).settled).toEqual({
      users: { [alice]: 100, [bob]: 100 },
    });
  });

  it('of a room that has none give its upgrader what its creator would have', () => {
    const rest = { content: undefined, upgrader: alice, creators: [alice], privilegedBefore: [] };
    expect(upgradedPowerLevels({ rules: v11, ...rest }).settled).toEqual({ users: { [alice]: 100 } });
    expect(upgradedPowerLevels({ rules: v12, ...rest }).settled).toEqual({
      users: {},
      events: { 'm.room.tombstone': 150 },
    });
  });
});

describe('the power levels of a replaced room', () => {
  it('keep ordinary members from talking and inviting', () => {
    expect(restrictedPowerLevels({ ban: 50 })).toEqual({ ban: 50, events_default: 50, invite: 50 });
    expect(restrictedPowerLevels({ users_default: 60 })).toEqual({ users_default: 60, events_default: 61, invite: 61 });
    expect(restrictedPowerLevels({ events_default: 50, invite: 100 })).toBeUndefined();
  });
});
